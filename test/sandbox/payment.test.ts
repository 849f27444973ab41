import assert from 'node:assert/strict'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import Stripe from 'stripe'
import { type SandboxOptions, startSandbox } from '../../sandbox/server.ts'
import { ledgerOf } from './ledger-of.ts'

async function start(t: TestContext, options: Partial<SandboxOptions> = {}) {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1, ...options })
  t.after(() => sandbox.close())
  return { ...sandbox, stripe: clientOf(sandbox.url) }
}

function clientOf(url: string, key = 'sk_test_sandbox') {
  const { hostname: host, port } = new URL(url)
  return new Stripe(key, { protocol: 'http', host, port, maxNetworkRetries: 0, telemetry: false })
}

function order(id: string, payment_method = 'pm_card_visa', amount = 1299) {
  const always = { currency: 'usd', confirm: true, error_on_requires_action: true }
  return { ...always, amount, payment_method, metadata: { order_id: id } }
}

async function errorOf(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error = await promise.then(
    () => assert.fail('it was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Stripe.errors.StripeError)
  return error
}

describe('the payment stand-in', () => {
  test('charges a card, shows the intent, and writes it in the ledger', async (t) => {
    const { stripe, url } = await start(t)
    const intent = await stripe.paymentIntents.create(order('ord_1'), {
      idempotencyKey: 'order:ord_1:charge',
    })
    assert.equal(intent.status, 'succeeded')
    assert.deepEqual(intent.metadata, { order_id: 'ord_1' })
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).amount_received, 1299)
    const [{ at, paymentIntent, ...charge } = assert.fail('no charge')] = (await ledgerOf(url)).charges
    assert.deepEqual(charge, {
      orderId: 'ord_1',
      key: 'order:ord_1:charge',
      amount: 1299,
      currency: 'usd',
      status: 'succeeded',
    })
    assert.equal(paymentIntent, intent.id)
    assert.ok(Date.parse(at) <= Date.now())
  })

  test('declines with 402, the decline code and the intent, and replays the decline', async (t) => {
    const { stripe, url } = await start(t)
    const declined = order('ord_2', 'pm_card_visa_chargeDeclined')
    for (const _ of ['first', 'again']) {
      const error = await errorOf(stripe.paymentIntents.create(declined, { idempotencyKey: 'k2' }))
      assert.ok(error instanceof Stripe.errors.StripeCardError)
      assert.deepEqual(
        [error.statusCode, error.code, error.decline_code, error.payment_intent?.status],
        [402, 'card_declined', 'generic_decline', 'requires_payment_method'],
      )
    }
    assert.deepEqual(
      (await ledgerOf(url)).charges.map(({ status }) => status),
      ['failed'],
    )
  })

  test('the same key and parameters are replayed, other parameters are an idempotency error', async (t) => {
    const { stripe, url } = await start(t)
    const options = { idempotencyKey: 'k3' }
    const first = await stripe.paymentIntents.create(order('ord_3'), options)
    const again = await stripe.paymentIntents.create(order('ord_3'), options)
    assert.equal(again.id, first.id)
    assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true')
    assert.equal(first.lastResponse.headers['idempotent-replayed'], undefined)
    const error = await errorOf(stripe.paymentIntents.create(order('ord_3', 'pm_card_visa', 1), options))
    assert.deepEqual([error.statusCode, error.type], [400, 'StripeIdempotencyError'])
    assert.equal((await ledgerOf(url)).charges.length, 1)
  })

  test('a key in flight is 409, and is replayed once it is done', async (t) => {
    // The second has to come while the first is at it; past those two nothing is slow.
    const slow = { mode: 'slow', latencyMs: 2_000 } as const
    const { stripe, url } = await start(t, { faults: { payment: slow } })
    const ask = () => stripe.paymentIntents.create(order('ord_4'), { idempotencyKey: 'k4' })
    const [first, second] = await Promise.allSettled([ask(), ask()])
    const failed = [first, second].find((one) => one.status === 'rejected')
    assert.equal(failed?.reason.statusCode, 409)
    await fetch(`${url}/faults/payment`, { method: 'PUT', body: '{"mode":"none"}' })
    assert.equal((await ask()).status, 'succeeded')
    assert.equal((await ledgerOf(url)).charges.length, 1)
  })

  test('a refused request leaves its key free; ids that are not there are 404; a bearer key is demanded', async (t) => {
    const { stripe, url } = await start(t)
    const options = { idempotencyKey: 'k5' }
    const bad = await errorOf(stripe.paymentIntents.create(order('ord_5', 'pm_card_visa', 0), options))
    assert.deepEqual([bad.statusCode, bad.param], [400, 'amount'])
    assert.equal((await stripe.paymentIntents.create(order('ord_5'), options)).status, 'succeeded')
    assert.equal((await errorOf(stripe.paymentIntents.retrieve('pi_none'))).statusCode, 404)
    assert.equal((await errorOf(stripe.refunds.create({ payment_intent: 'pi_none' }))).statusCode, 404)
    assert.equal((await fetch(`${url}/v1/payment_intents/pi_none`)).status, 401)
  })

  test('refunds a charge once, whole or in parts', async (t) => {
    const { stripe, url } = await start(t)
    const { id: payment_intent } = await stripe.paymentIntents.create(order('ord_6'))
    await stripe.refunds.create({ payment_intent, amount: 299 }, { idempotencyKey: 'part' })
    const rest = await stripe.refunds.create({ payment_intent }, { idempotencyKey: 'rest' })
    assert.equal(rest.amount, 1000)
    assert.equal((await stripe.refunds.create({ payment_intent }, { idempotencyKey: 'rest' })).id, rest.id)
    const error = await errorOf(stripe.refunds.create({ payment_intent }))
    assert.equal(error.code, 'charge_already_refunded')
    assert.deepEqual(
      (await ledgerOf(url)).refunds.map(({ orderId, key, amount }) => [orderId, key, amount]),
      [
        ['ord_6', 'part', 299],
        ['ord_6', 'rest', 1000],
      ],
    )
  })

  test('with a file, a key that was charged before a restart is replayed after it, torn line or not', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-ledger-'))
    t.after(() => rm(folder, { recursive: true }))
    const ledgerFile = join(folder, 'ledger.jsonl')
    const options = { idempotencyKey: 'k7' }

    const before = await startSandbox({ port: 0, smtpPort: 0, seed: 1, ledgerFile })
    const first = await clientOf(before.url).paymentIntents.create(order('ord_7'), options)
    await before.close()
    await appendFile(ledgerFile, '{"type":"payment","charge":{"orderId":"ord_to')

    for (const _ of ['restart', 'and another']) {
      const after = await startSandbox({ port: 0, smtpPort: 0, seed: 1, ledgerFile })
      const again = await clientOf(after.url).paymentIntents.create(order('ord_7'), options)
      assert.equal(again.id, first.id)
      await clientOf(after.url).paymentIntents.create(order('ord_8'), { idempotencyKey: 'k8' })
      assert.equal((await ledgerOf(after.url)).charges.length, 2)
      await after.close()
    }
  })
})
