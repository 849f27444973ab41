import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { CallFailed } from '#plugins/circuit-breakers.ts'
import { isRecord } from '#src/dependencies/answer.ts'
import { createPayment } from '#src/dependencies/payment.ts'
import { CONTEXT, callFailure } from './call-failure.ts'
import { json, startFake } from './fake-server.ts'

const CHARGE = {
  orderId: 'ord_1',
  amount: 1299,
  currency: 'USD',
  paymentToken: 'pm_x',
  key: 'order:ord_1:charge',
}
/** One attempt a call, which soon gives up one that never ends, and a circuit that never opens. */
const ONCE = { retries: 0, deadlineMs: 3_000, volumeThreshold: 1_000_000 }

/** A service that answers all that it is asked as it is told. */
async function setUp(t: TestContext) {
  let answer = { status: 200, body: {} as unknown }
  const fake = await startFake(t, (...to) => json(answer.status, answer.body)(...to))
  const payment = createPayment({ url: fake.url, apiKey: 'sk_test_x', policy: ONCE })
  t.after(() => payment.close())
  return {
    payment,
    answerWith(status: number, body: unknown) {
      answer = { status, body }
    },
  }
}

describe('an answer that is no object', () => {
  for (const body of ['Bad Gateway', '', 0, 1, true, false, null, [1]]) {
    const text = JSON.stringify(body)
    test(`is a decline under 402: ${text}`, async (t) => {
      const { payment, answerWith } = await setUp(t)
      answerWith(402, body)
      assert.deepEqual(await payment.charge(CHARGE, CONTEXT), {
        kind: 'declined',
        declineCode: 'generic_decline',
      })
    })

    for (const [status, unknown] of [
      [200, true],
      [429, false],
      [502, true],
    ] as const) {
      test(`is tried again under ${status}: ${text}`, async (t) => {
        const { payment, answerWith } = await setUp(t)
        answerWith(status, body)
        const failure = await callFailure(payment.charge(CHARGE, CONTEXT))
        assert.deepEqual([failure.reason, failure.outcomeUnknown], ['transient', unknown])
      })
    }
  }
})

test('whatever the JSON, an answer is what its status says, and none ends the process', async (t) => {
  const { payment, answerWith } = await setUp(t)
  const anything = fc.jsonValue()
  const status = fc.oneof(
    fc.constantFrom(200, 400, 402, 409, 429, 500),
    fc.integer({ min: 200, max: 599 }).filter((code) => ![204, 205, 304].includes(code)),
  )
  const words = {
    type: anything,
    code: anything,
    decline_code: anything,
    message: anything,
    payment_intent: anything,
  }
  const error = fc.oneof(anything, fc.record(words, { requiredKeys: [] }))
  const intent = {
    id: fc.oneof(fc.constant('pi_1'), anything),
    status: fc.oneof(
      fc.constantFrom('succeeded', 'processing', 'canceled', 'requires_payment_method', 'splendid'),
      anything,
    ),
    amount: fc.oneof(fc.constant(1299), anything),
    currency: fc.oneof(fc.constant('usd'), fc.constant({ toString: null }), anything),
    last_payment_error: error,
    lastResponse: anything,
    error,
  }
  const body = fc.oneof(anything, fc.record({ error }), fc.record(intent, { requiredKeys: ['id', 'status'] }))

  await fc.assert(
    fc.asyncProperty(status, body, async (code, answer: unknown) => {
      answerWith(code, answer)
      const end = await payment.charge(CHARGE, CONTEXT).catch((failure: unknown) => failure)
      if (code === 402) return assert.ok(isRecord(end) && end.kind === 'declined', String(end))
      if (code < 300) {
        const readable = isRecord(answer) && answer.error === undefined && typeof answer.id === 'string'
        if (readable && !(end instanceof Error)) return
        assert.ok(end instanceof CallFailed, String(end))
        return assert.deepEqual([end.reason, end.outcomeUnknown], ['transient', true])
      }
      assert.ok(end instanceof CallFailed, String(end))
      const transient = code === 409 || code === 429 || code >= 500
      assert.equal(end.reason, transient ? 'transient' : 'permanent')
      assert.equal(end.outcomeUnknown, transient && code !== 429)
    }),
    { numRuns: 500 },
  )
})
