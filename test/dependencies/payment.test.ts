import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createPayment } from '#src/dependencies/payment.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { CONTEXT, callFailure, FAST, wordsOf } from './call-failure.ts'
import { type Behaviour, json, reset, startFake } from './fake-server.ts'

const CHARGE = {
  orderId: 'ord_1',
  amount: 1299,
  currency: 'USD',
  paymentToken: 'pm_card_secret',
  key: 'order:ord_1:charge',
}
const SUCCEEDED = {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'succeeded',
  amount: 1299,
  amount_received: 1299,
  currency: 'usd',
  metadata: { order_id: 'ord_1' },
}

async function setUp(t: TestContext, behaviour: Behaviour, ...more: Behaviour[]) {
  const fake = await startFake(t, behaviour, ...more)
  const payment = createPayment({ url: `${fake.url}/stripe/`, apiKey: 'sk_test_secret', policy: FAST })
  t.after(() => payment.close())
  return { fake, payment }
}

test('a charge is one request, confirmed at once, keyed and traced', async (t) => {
  const { fake, payment } = await setUp(t, json(200, SUCCEEDED))
  assert.deepEqual(await payment.charge(CHARGE, CONTEXT), { kind: 'captured', reference: 'pi_1' })
  const [request] = fake.requests
  assert.ok(request)
  assert.equal(`${request.method} ${request.url}`, 'POST /stripe/v1/payment_intents')
  const { headers } = request
  assert.equal(headers['idempotency-key'], 'order:ord_1:charge')
  assert.equal(headers.authorization, 'Bearer sk_test_secret')
  assert.equal(headers['x-request-id'], 'req-42')
  assert.match(String(headers.traceparent), /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
  assert.notEqual(headers.traceparent, CONTEXT.traceparent)
  assert.equal(headers['x-stripe-client-telemetry'], undefined)
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), {
    amount: '1299',
    currency: 'usd',
    payment_method: 'pm_card_secret',
    confirm: 'true',
    error_on_requires_action: 'true',
    'automatic_payment_methods[enabled]': 'true',
    'automatic_payment_methods[allow_redirects]': 'never',
    'metadata[order_id]': 'ord_1',
  })
})

test('every request says which SDK it comes from', async (t) => {
  const { fake, payment } = await setUp(t, json(200, SUCCEEDED))
  await payment.charge(CHARGE, CONTEXT)
  await payment.charge(CHARGE, CONTEXT)
  const [first, second] = fake.requests.map(({ headers }) => headers['x-stripe-client-user-agent'])
  assert.equal(JSON.parse(String(first)).httplib, 'undici')
  assert.equal(second, first)
})

test('a malformed trace or request id is not passed on', async (t) => {
  const { fake, payment } = await setUp(t, json(200, SUCCEEDED))
  await payment.charge(CHARGE, { requestId: 'a\r\nb', traceparent: '00-zz-1-01' })
  assert.equal(fake.requests[0]?.headers['x-request-id'], undefined)
  assert.equal(fake.requests[0]?.headers.traceparent, undefined)
})

describe('a decline', () => {
  const declined = (error: object) => json(402, { error: { type: 'card_error', ...error } })
  const cases: [string, Behaviour, object][] = [
    [
      'tells its decline code and reference',
      declined({ code: 'card_declined', decline_code: 'lost_card', payment_intent: { id: 'pi_9' } }),
      { declineCode: 'lost_card', reference: 'pi_9' },
    ],
    ['falls back to its code', declined({ code: 'expired_card' }), { declineCode: 'expired_card' }],
    ['without any code is generic', declined({}), { declineCode: 'generic_decline' }],
    [
      'without a body is generic',
      (response) => response.writeHead(402).end(),
      { declineCode: 'generic_decline' },
    ],
    [
      'never passes a sentence off as a code',
      declined({ decline_code: 'pm_card_secret is no good' }),
      { declineCode: 'generic_decline' },
    ],
    [
      'is what a payment that waits for its customer is',
      json(200, { ...SUCCEEDED, status: 'requires_action' }),
      { declineCode: 'authentication_required', reference: 'pi_1' },
    ],
    [
      'is what a payment without a method is',
      json(200, {
        ...SUCCEEDED,
        status: 'requires_payment_method',
        last_payment_error: { decline_code: 'do_not_honor' },
      }),
      { declineCode: 'do_not_honor', reference: 'pi_1' },
    ],
    [
      'is what a canceled payment is',
      json(200, { ...SUCCEEDED, status: 'canceled' }),
      { declineCode: 'canceled', reference: 'pi_1' },
    ],
  ]
  for (const [name, behaviour, expected] of cases) {
    test(name, async (t) => {
      const { fake, payment } = await setUp(t, behaviour)
      assert.deepEqual(await payment.charge(CHARGE, CONTEXT), { kind: 'declined', ...expected })
      assert.equal(fake.requests.length, 1)
      assert.equal(payment.policy.snapshot().failures, 0)
    })
  }

  test('never opens the circuit', async (t) => {
    const { payment } = await setUp(t, declined({ decline_code: 'lost_card' }))
    for (let i = 0; i < 20; i++) await payment.charge(CHARGE, CONTEXT)
    assert.equal(payment.policy.snapshot().state, 'closed')
    assert.equal(payment.policy.snapshot().successes, 20)
  })
})

describe('a payment that is processing', () => {
  const processing = json(200, { ...SUCCEEDED, status: 'processing' })

  test('is asked for by its id', async (t) => {
    const { fake, payment } = await setUp(t, processing, json(200, SUCCEEDED))
    assert.deepEqual(await payment.charge(CHARGE, CONTEXT), { kind: 'captured', reference: 'pi_1' })
    assert.equal(fake.requests[1]?.url, '/stripe/v1/payment_intents/pi_1')
    assert.equal(fake.requests[1]?.method, 'GET')
  })

  test('and stays so is unknown, made once and asked for again', async (t) => {
    const { fake, payment } = await setUp(t, processing)
    const { reason, outcomeUnknown } = await callFailure(payment.charge(CHARGE, CONTEXT))
    assert.deepEqual([reason, outcomeUnknown], ['transient', true])
    const methods = fake.requests.map(({ method }) => method)
    assert.deepEqual(methods, ['POST', 'GET', 'GET', 'GET', 'GET'])
  })

  for (const [what, asked] of [
    ['is not to be asked for now', json(429, {})],
    ['cannot be found', json(404, { error: { code: 'resource_missing' } })],
    ['is asked for under 402', json(402, { error: { code: 'card_declined' } })],
    ['must not be asked for', json(403, {})],
    ['is answered with nothing', reset],
    ['is answered with another payment', json(200, { ...SUCCEEDED, id: 'pi_2' })],
    ['is answered with one that was canceled', json(200, { ...SUCCEEDED, id: 'pi_2', status: 'canceled' })],
    ['is answered with another amount', json(200, { ...SUCCEEDED, amount: 1, amount_received: 1 })],
    ['is answered with another currency', json(200, { ...SUCCEEDED, currency: 'eur' })],
    ['is answered with a part of the money', json(200, { ...SUCCEEDED, amount_received: 1 })],
  ] satisfies [string, Behaviour][]) {
    test(`and ${what} is unknown, and neither declined nor free`, async (t) => {
      const { payment } = await setUp(t, (...to) => (to[1].method === 'GET' ? asked : processing)(...to))
      const failure = await callFailure(payment.charge(CHARGE, CONTEXT))
      assert.deepEqual([failure.reason, failure.outcomeUnknown], ['transient', true])
    })
  }

  test('and was given another order id by hand is the payment that it was', async (t) => {
    const { payment } = await setUp(
      t,
      processing,
      json(200, { ...SUCCEEDED, metadata: { order_id: 'A-17' } }),
    )
    assert.deepEqual(await payment.charge(CHARGE, CONTEXT), { kind: 'captured', reference: 'pi_1' })
  })

  test('is left alone for as long as whoever is asked for it says', async (t) => {
    const { fake, payment } = await setUp(t, processing, json(429, {}, { 'retry-after': '90' }))
    const { outcomeUnknown, retryAfterMs } = await callFailure(payment.charge(CHARGE, CONTEXT))
    assert.deepEqual([outcomeUnknown, retryAfterMs, fake.requests.length], [true, 90_000, 2])
  })
})

describe('our own mistake', () => {
  for (const status of [302, 400, 401, 403, 404, 422]) {
    test(`${status} is permanent, and repeats neither token nor key`, async (t) => {
      const error = {
        type: 'invalid_request_error',
        code: 'resource_missing',
        message: "No such PaymentMethod: 'pm_card_secret'; invalid API key sk_test_secret",
      }
      const { fake, payment } = await setUp(t, json(status, { error }))
      const failure = await callFailure(payment.charge(CHARGE, CONTEXT))
      assert.deepEqual(
        [failure.reason, failure.outcomeUnknown, fake.requests.length],
        ['permanent', false, 1],
      )
      assert.match(wordsOf(failure), new RegExp(`answered ${status} resource_missing`))
      assert.doesNotMatch(wordsOf(failure), /secret/)
      assert.equal(payment.policy.snapshot().state, 'closed')
    })
  }
})

test('a payment that is asked for by its id is no other', async (t) => {
  const { fake, payment } = await setUp(t, json(200, { ...SUCCEEDED, id: 'pi_2' }), json(200, SUCCEEDED))
  assert.deepEqual(await payment.retrieve('pi_1', CONTEXT), { kind: 'captured', reference: 'pi_1' })
  assert.equal(fake.requests.length, 2)
})

test('against the sandbox: charged once over a lost response, retrieved, refunded, declined', async (t) => {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1 })
  t.after(() => sandbox.close())
  const payment = createPayment({ url: sandbox.url, apiKey: 'sk_test_secret', policy: FAST })
  t.after(() => payment.close())
  const fault = (mode: string) =>
    fetch(`${sandbox.url}/faults/payment`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mode, rate: 1 }),
    })
  const visa = { ...CHARGE, paymentToken: 'pm_card_visa' }
  await fault('lost-response')
  const lost = await callFailure(payment.charge(visa, CONTEXT))
  assert.deepEqual([lost.reason, lost.outcomeUnknown, lost.attempts], ['transient', true, 4])
  await fault('none')
  const charge = await payment.charge(visa, CONTEXT)
  assert.equal(charge.kind, 'captured')
  assert.ok(charge.reference)
  assert.deepEqual(await payment.retrieve(charge.reference, CONTEXT), charge)
  const { orderId, amount, currency } = visa
  await payment.refund(
    { orderId, reference: charge.reference, amount, currency, key: 'order:ord_1:refund' },
    CONTEXT,
  )
  const ledger = await (await fetch(`${sandbox.url}/ledger`)).text()
  assert.equal(ledger.match(/"key":"order:ord_1:charge"/g)?.length, 1)
  assert.equal(ledger.match(/"key":"order:ord_1:refund"/g)?.length, 1)
  const poor = { ...CHARGE, orderId: 'ord_2', key: 'order:ord_2:charge' }
  const refusal = await payment.charge({ ...poor, paymentToken: 'pm_card_visa_chargeDeclined' }, CONTEXT)
  assert.equal(refusal.kind, 'declined')
})
