import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Sql } from 'postgres'
import { assertProblem } from '../support/assert-problem.ts'
import { type FakePayment, startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { basket, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'

suite('Many buyers at once', () => {
  const lifetime = lifetimeOfSuite()
  let service: ServiceProcess
  let payment: FakePayment
  let sql: Sql

  before(async () => {
    const databaseUrl = await createDatabase(lifetime)
    sql = connect(lifetime, databaseUrl)
    payment = await startFakePayment(lifetime)
    const warehouse = await startFakeWarehouse(lifetime)
    service = await startService(lifetime, {
      databaseUrl,
      paymentUrl: payment.url,
      inventoryUrl: warehouse.url,
    })
  })

  test('A hundred requests with one key make one order, one charge, and a hundred equal answers', async () => {
    await stock(sql, { kettle: 500 })
    const token = await tokenOf('hundred')
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        inTheEnd(() => place(service.api, basket('kettle', 2), { key: 'once', token })),
      ),
    )
    const bodies = await Promise.all(answers.map((answer) => answer.text()))

    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
    assert.equal(new Set(bodies).size, 1)
    for (const name of ['content-type', 'location', 'etag', 'api-version']) {
      assert.equal(new Set(answers.map(({ headers }) => headers.get(name))).size, 1, name)
    }
    assert.equal(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null).length, 1)
    assert.equal(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size, 100)
    const { id } = JSON.parse(bodies[0] ?? '')
    assert.equal(payment.taken(id), 1)
    assert.deepEqual(
      [...(await sql`select count(*)::int as orders from orders where principal = 'hundred'`)],
      [{ orders: 1 }],
    )
    assert.deepEqual([...(await sql`select stock from products where id = 'kettle'`)], [{ stock: 498 }])
  })

  test('Fifty buyers of twenty pieces: twenty get one, thirty are told there is none, none is oversold', async () => {
    await stock(sql, { lamp: 20 })
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, buyer) =>
        place(service.api, basket('lamp'), { key: 'lamp', token: await tokenOf(`buyer-${buyer}`) }),
      ),
    )
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [...Array(20).fill(201), ...Array(30).fill(409)])
    assert.deepEqual([...(await sql`select stock from products where id = 'lamp'`)], [{ stock: 0 }])
    const kept = await sql`select count(*)::int as keys from idempotency_keys where principal like 'buyer-%'`
    assert.deepEqual([...kept], [{ keys: 20 }], 'who was refused may try again with the same key')
  })

  test('Two hundred orders over the same ten products, their lines in opposite orders, never deadlock', async () => {
    const ids = Array.from({ length: 10 }, (_, index) => `thing-${index}`)
    await stock(sql, Object.fromEntries(ids.map((id) => [id, 1_000])))
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, buyer) => {
        const lines = buyer % 2 === 0 ? ids : ids.toReversed()
        const body = {
          items: lines.map((productId) => ({ productId, quantity: 1 })),
          paymentToken: 'pm_card_visa',
        }
        return place(service.api, body, {
          key: `opposite-${buyer}`,
          token: await tokenOf(`opposite-${buyer % 7}`),
        })
      }),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
    const left = await sql`select distinct stock from products where id like 'thing-%'`
    assert.deepEqual([...left], [{ stock: 800 }])
  })

  test('Declined cards put everything back on sale', async () => {
    await stock(sql, { chair: 8 })
    const answers = await Promise.all(
      Array.from({ length: 30 }, async (_, buyer) => {
        const body = { ...basket('chair', 2), paymentToken: 'pm_card_visa_chargeDeclined' }
        return place(service.api, body, { key: 'chair', token: await tokenOf(`declined-${buyer}`) })
      }),
    )
    for (const { status } of answers) assert.ok(status === 402 || status === 409, String(status))
    assert.ok(answers.filter(({ status }) => status === 402).length >= 4)
    assert.deepEqual([...(await sql`select stock from products where id = 'chair'`)], [{ stock: 8 }])
  })
})

/** What is answered once the first request with the key is done, which a busy machine may not be while others wait for it. */
const inTheEnd = (ask: () => Promise<Response>) =>
  eventually('the first request to be done', async () => {
    const answer = await ask()
    if (answer.status !== 409) return answer
    await assertProblem(answer, { slug: 'idempotency-in-progress' })
    return false
  })
