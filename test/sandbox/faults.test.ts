import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Sandbox, startSandbox } from '../../sandbox/server.ts'
import { ledgerOf } from './ledger-of.ts'

let sandbox: Sandbox
before(async () => {
  sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 7 })
})
after(() => sandbox.close())

async function set(dependency: string, fault: unknown, url = sandbox.url) {
  return await fetch(`${url}/faults/${dependency}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  })
}

function charge(key: string, url = sandbox.url, signal?: AbortSignal) {
  return fetch(`${url}/v1/payment_intents`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk_test',
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': key,
    },
    body: `amount=100&currency=usd&confirm=true&payment_method=pm_card_visa&metadata[order_id]=${key}`,
    ...(signal && { signal }),
  })
}

function reserve(id: string, productId = 'desk-walnut') {
  return fetch(`${sandbox.url}/reservations/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ items: [{ productId, quantity: 2 }] }),
  })
}

async function chargesOf(key: string) {
  return (await ledgerOf(sandbox.url)).charges.filter((one) => one.key === key).length
}

describe('faults over HTTP', () => {
  test('error is a 500 in the shape of the dependency, and nothing is done', async () => {
    await set('payment', { mode: 'error' })
    await set('inventory', { mode: 'error' })
    const response = await charge('error')
    assert.equal(response.status, 500)
    assert.match(await response.text(), /"type":"api_error"/)
    assert.equal(await chargesOf('error'), 0)
    assert.equal((await reserve('error')).status, 500)
    await set('payment', { mode: 'none' })
    await set('inventory', { mode: 'none' })
    assert.equal((await charge('error')).status, 200)
  })

  test('rate-limit is a 429 that says when to come back', async () => {
    await set('payment', { mode: 'rate-limit', retryAfterSeconds: 7 })
    const response = await charge('limited')
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
    assert.equal(await chargesOf('limited'), 0)
  })

  test('slow answers right, and late', async () => {
    await set('payment', { mode: 'slow', latencyMs: 150 })
    const begun = performance.now()
    assert.equal((await charge('slow')).status, 200)
    assert.ok(performance.now() - begun >= 140)
  })

  test('hang never answers and does nothing', async () => {
    await set('payment', { mode: 'hang' })
    await assert.rejects(charge('hung', sandbox.url, AbortSignal.timeout(200)), { name: 'TimeoutError' })
    assert.equal(await chargesOf('hung'), 0)
  })

  test('reset drops the connection before the work', async () => {
    await set('payment', { mode: 'reset' })
    const error: unknown = await charge('reset').catch((reason: unknown) => reason)
    assert.ok(error instanceof TypeError && error.cause instanceof Error)
    assert.match(error.cause.message, /ECONNRESET|other side closed/)
    assert.equal(await chargesOf('reset'), 0)
  })

  test('lost-response does the work, drops the connection, and the key then finds it done', async () => {
    await set('payment', { mode: 'lost-response' })
    await assert.rejects(charge('lost'))
    assert.equal(await chargesOf('lost'), 1)
    await set('payment', { mode: 'none' })
    const again = await charge('lost')
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [200, 'true'])
    assert.equal(await chargesOf('lost'), 1)

    await set('inventory', { mode: 'lost-response' })
    await assert.rejects(reserve('lost'))
    await set('inventory', { mode: 'none' })
    assert.equal((await reserve('lost')).status, 200)
  })

  test('a rate strikes that share of calls, the same ones under the same seed', async () => {
    const fates = async (seed: number) => {
      const own = await startSandbox({
        port: 0,
        smtpPort: 0,
        seed,
        faults: { payment: { mode: 'error', rate: 0.3 } },
      })
      const statuses: number[] = []
      for (let call = 0; call < 100; call++) statuses.push((await charge(`k${call}`, own.url)).status)
      await own.close()
      return statuses
    }
    const [first, same, other] = await Promise.all([fates(1), fates(1), fates(2)])
    assert.deepEqual(first, same)
    assert.notDeepEqual(first, other)
    const struck = first.filter((status) => status === 500).length
    assert.ok(struck > 15 && struck < 45, `${struck} of 100`)
  })

  test('what is set is shown, and what cannot be set is refused with all its reasons', async () => {
    assert.equal((await set('email', { mode: 'slow', rate: 0.5, latencyMs: 10 })).status, 200)
    const shown = await (await fetch(`${sandbox.url}/faults`)).text()
    assert.match(shown, /"email":\{"mode":"slow","rate":0.5,"latencyMs":10,"retryAfterSeconds":1\}/)
    const refused = await set('email', {
      mode: 'explode',
      rate: 2,
      latencyMs: '1',
      retryAfterSeconds: 0.5,
      colour: 1,
    })
    assert.equal(refused.status, 400)
    assert.equal((await refused.text()).match(/must be|there is no/g)?.length, 5)
    assert.equal((await set('email', [])).status, 400)
    const asForm = { method: 'PUT', body: new URLSearchParams('{"mode":"none"}').toString() }
    assert.equal((await fetch(`${sandbox.url}/faults/email`, asForm)).status, 400)
    const bare = { method: 'PUT', body: '{"mode":"slow","rate":0.5}' }
    assert.equal((await fetch(`${sandbox.url}/faults/email`, bare)).status, 200)
    assert.equal((await set('weather', { mode: 'none' })).status, 404)
    assert.match(await (await fetch(`${sandbox.url}/`)).text(), /email<td>slow, 50 %/)
  })
})

describe('the warehouse stand-in', () => {
  const held = async (id: string) =>
    (await ledgerOf(sandbox.url)).reservations.filter(({ orderId }) => orderId === id)

  test('reserving and releasing are idempotent', async () => {
    assert.deepEqual([(await reserve('ord_1')).status, (await reserve('ord_1')).status], [201, 200])
    const items = [{ productId: 'desk-walnut', quantity: 2 }]
    assert.deepEqual(await held('ord_1'), [{ orderId: 'ord_1', items }])
    const release = () => fetch(`${sandbox.url}/reservations/ord_1`, { method: 'DELETE' })
    assert.deepEqual([(await release()).status, (await release()).status], [204, 204])
    assert.deepEqual(await held('ord_1'), [])
  })

  test('what is sold out is 409 with the short lines, and is not held; nonsense is 400', async () => {
    const response = await reserve('ord_2', 'sold-out-lamp')
    assert.equal(response.status, 409)
    assert.match(await response.text(), /"productId":"sold-out-lamp","requested":2,"available":0/)
    assert.deepEqual(await held('ord_2'), [])
    const nonsense = await fetch(`${sandbox.url}/reservations/ord_2`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"items":[{"productId":"desk-walnut","quantity":0}]}',
    })
    assert.equal(nonsense.status, 400)
  })
})
