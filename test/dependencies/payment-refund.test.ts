import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createPayment } from '#src/dependencies/payment.ts'
import { CONTEXT, callFailure, FAST, wordsOf } from './call-failure.ts'
import { type Behaviour, json, startFake } from './fake-server.ts'

const REFUND = {
  orderId: 'ord_1',
  reference: 'pi_1',
  amount: 1299,
  currency: 'USD',
  key: 'order:ord_1:refund',
}
const MADE = {
  id: 're_1',
  object: 'refund',
  status: 'succeeded',
  amount: 1299,
  currency: 'usd',
  payment_intent: 'pi_1',
}

async function setUp(t: TestContext, ...behaviours: [Behaviour, ...Behaviour[]]) {
  const fake = await startFake(t, ...behaviours)
  const payment = createPayment({ url: `${fake.url}/stripe/`, apiKey: 'sk_test_secret', policy: FAST })
  t.after(() => payment.close())
  return { fake, payment }
}

test('a refund goes back to its charge, keyed', async (t) => {
  const { fake, payment } = await setUp(t, json(200, MADE))
  assert.deepEqual(await payment.refund(REFUND, CONTEXT), { reference: 're_1' })
  const [request] = fake.requests
  assert.equal(request?.url, '/stripe/v1/refunds')
  assert.equal(request?.headers['idempotency-key'], 'order:ord_1:refund')
  assert.equal(request?.body, 'payment_intent=pi_1&amount=1299&metadata[order_id]=ord_1')
})

for (const [name, answer] of [
  ['that is pending', { ...MADE, status: 'pending' }],
  ['of which no more is told than that it succeeded', { id: 're_1', status: 'succeeded' }],
  ['whose payment is left open', { ...MADE, payment_intent: null }],
] as const) {
  test(`a refund ${name} is made`, async (t) => {
    const { payment } = await setUp(t, json(200, answer))
    assert.deepEqual(await payment.refund(REFUND, CONTEXT), { reference: 're_1' })
  })
}

test('a refund made before, under a key long forgotten, is made', async (t) => {
  const error = { type: 'invalid_request_error', code: 'charge_already_refunded' }
  const { payment } = await setUp(t, json(400, { error }))
  assert.deepEqual(await payment.refund(REFUND, CONTEXT), { reference: 'pi_1' })
})

for (const status of ['failed', 'canceled', 'requires_action']) {
  test(`a refund whose status is ${status} is permanent: its key would answer the same again`, async (t) => {
    const { fake, payment } = await setUp(t, json(200, { ...MADE, status }))
    const failure = await callFailure(payment.refund(REFUND, CONTEXT))
    assert.deepEqual([failure.reason, fake.requests.length], ['permanent', 1])
    assert.match(wordsOf(failure), new RegExp(`the refund: ${status}$`, 'm'))
  })
}

for (const [name, otherwise] of [
  ['without an id', { id: undefined }],
  ['of another amount', { amount: 1 }],
  ['in another currency', { currency: 'eur' }],
  ['of another payment', { payment_intent: 'pi_2' }],
  ['of another payment that failed', { payment_intent: 'pi_2', status: 'failed' }],
  ['of no known status', { status: 'splendid' }],
  ['of no status', { status: undefined }],
  ['that is a charge', { object: 'charge', id: 'ch_1' }],
] as const) {
  test(`a refund ${name} is none: asked for again under its key`, async (t) => {
    const { fake, payment } = await setUp(t, json(200, { ...MADE, ...otherwise }), json(200, MADE))
    assert.deepEqual(await payment.refund(REFUND, CONTEXT), { reference: 're_1' })
    assert.deepEqual(
      fake.requests.map(({ headers }) => headers['idempotency-key']),
      [REFUND.key, REFUND.key],
    )
  })
}
