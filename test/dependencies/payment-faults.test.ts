import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createPayment } from '#src/dependencies/payment.ts'
import { createFakeTime } from '../plugins/fake-time.ts'
import { CONTEXT, callFailure, cutOff, FAST, wordsOf } from './call-failure.ts'
import {
  type Behaviour,
  closedPort,
  dribble,
  halfJson,
  hang,
  hugeBody,
  json,
  lostResponse,
  notHttp,
  raw,
  reset,
  shortBody,
  startFake,
  until,
} from './fake-server.ts'

const CHARGE = {
  orderId: 'ord_1',
  amount: 1299,
  currency: 'USD',
  paymentToken: 'pm_x',
  key: 'order:ord_1:charge',
}
const SUCCEEDED = { id: 'pi_1', status: 'succeeded', amount: 1299, currency: 'usd' }
const ANOTHERS = { id: 'pi_2', amount: 1299, currency: 'usd', metadata: { order_id: 'ord_2' } }

function connect(t: TestContext, url: string, policy = {}) {
  const payment = createPayment({ url, apiKey: 'sk_test_x', policy: { ...FAST, ...policy } })
  t.after(() => payment.close())
  return payment
}

const TRANSIENT: [name: string, behaviour: Behaviour, outcomeUnknown: boolean][] = [
  ['500', json(500, { error: { type: 'api_error' } }), true],
  ['500 without an error in it', json(500, SUCCEEDED), true],
  ['503 in HTML', (response) => response.writeHead(503).end('<h1>Sorry</h1>'), true],
  ['429', json(429, { error: { code: 'rate_limit' } }), false],
  ['409 while the key is worked on', json(409, { error: { code: 'idempotency_key_in_use' } }), true],
  ['a reset connection', reset, true],
  ['a lost response', lostResponse, true],
  ['half a JSON document', halfJson, true],
  ['a body shorter than it promised', shortBody, true],
  ['something that is no HTTP', notHttp, true],
  ['a body of two megabytes', hugeBody, true],
  ['a JSON list', json(200, [SUCCEEDED]), true],
  ['a JSON null', json(200, null), true],
  ['no body', (response) => response.writeHead(200).end(), true],
  ['an error under 200', json(200, { error: { type: 'api_error' } }), true],
  ['a payment without an id', json(200, { ...SUCCEEDED, id: undefined }), true],
  ['a payment of another amount', json(200, { ...SUCCEEDED, amount: 1 }), true],
  ['a payment in another currency', json(200, { ...SUCCEEDED, currency: 'eur' }), true],
  ['a payment of another order', json(200, { ...SUCCEEDED, metadata: { order_id: 'ord_2' } }), true],
  ['a payment that took a part of it', json(200, { ...SUCCEEDED, amount_received: 1 }), true],
  ['something else that succeeded', json(200, { ...SUCCEEDED, object: 'setup_intent' }), true],
  ['the decline of another order', json(402, { error: { payment_intent: ANOTHERS } }), true],
  ['a payment of no known status', json(200, { ...SUCCEEDED, status: 'splendid' }), true],
]

for (const [name, behaviour, unknown] of TRANSIENT) {
  test(`${name}: tried four times under one key, and then ${unknown ? 'unknown' : 'known to be nothing'}`, async (t) => {
    const fake = await startFake(t, behaviour)
    const payment = connect(t, fake.url)
    const failure = await callFailure(payment.charge(CHARGE, CONTEXT))
    assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', unknown, 4])
    assert.equal(fake.requests.length, 4)
    assert.deepEqual(
      new Set(fake.requests.map(({ headers }) => headers['idempotency-key'])),
      new Set([CHARGE.key]),
    )
    assert.equal(new Set(fake.requests.map(({ body }) => body)).size, 1)
    assert.equal(payment.policy.snapshot().state, 'closed')
  })

  test(`${name}, once: the next attempt is answered`, async (t) => {
    const fake = await startFake(t, behaviour, json(200, SUCCEEDED))
    const payment = connect(t, fake.url)
    assert.deepEqual(await payment.charge(CHARGE, CONTEXT), { kind: 'captured', reference: 'pi_1' })
    assert.equal(fake.requests.length, 2)
  })
}

for (const [name, behaviour] of [
  ['an endless wait', hang],
  ['a body that never ends', dribble],
] satisfies [string, Behaviour][]) {
  test(`${name}: each attempt is cut off, its socket closed, and the outcome unknown`, async (t) => {
    const fake = await startFake(t, behaviour)
    const time = createFakeTime()
    const call = callFailure(connect(t, fake.url, { time }).charge(CHARGE, CONTEXT))
    await cutOff(time, { attempts: 3, seen: () => fake.requests.length })
    await until(() => fake.requests.length === 4, 'the last attempt')
    await time.advance(FAST.deadlineMs)
    const failure = await call
    assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['deadline', true, 4])
    await until(() => fake.closedUnanswered() === 4, 'closed sockets')
  })

  test(`${name}, once: the next attempt is answered`, async (t) => {
    const fake = await startFake(t, behaviour, json(200, SUCCEEDED))
    const time = createFakeTime()
    const call = connect(t, fake.url, { time }).charge(CHARGE, CONTEXT)
    await cutOff(time, { attempts: 1, seen: () => fake.requests.length })
    assert.equal((await call).kind, 'captured')
  })
}

test('garbage that repeats what was sent is not repeated in the error', async (t) => {
  const echo: Behaviour = (response, request, seen) => raw(`${seen.body}\r\n\r\n`)(response, request, seen)
  const fake = await startFake(t, echo, (response, _request, { body }) => response.writeHead(200).end(body))
  const payment = connect(t, fake.url, { retries: 0 })
  for (let i = 0; i < 2; i++) {
    const failure = await callFailure(payment.charge({ ...CHARGE, paymentToken: 'pm_secret' }, CONTEXT))
    assert.equal(failure.outcomeUnknown, true)
    assert.doesNotMatch(wordsOf(failure), /secret/)
  }
})

for (const status of [400, 402, 409, 429, 500]) {
  test(`a code that repeats what was sent is not repeated in the error of a ${status}`, async (t) => {
    const code = 'x_pm_secret_word'
    const fake = await startFake(
      t,
      json(status, { error: { type: 'api_error', code } }),
      json(status, { error: { type: code } }),
    )
    const payment = connect(t, fake.url, { retries: 0 })
    for (const known of [' api_error', '']) {
      const refund = {
        orderId: 'ord_1',
        reference: 'pi_secret_word',
        amount: 1299,
        currency: 'USD',
        key: 'order:ord_1:refund',
      }
      const words = wordsOf(await callFailure(payment.refund(refund, CONTEXT)))
      assert.match(words, new RegExp(`answered ${status}${known}$`, 'm'))
      assert.doesNotMatch(words, /secret/)
    }
  })
}

test('a refused connection is transient, and known to be nothing', async (t) => {
  const payment = connect(t, `http://127.0.0.1:${await closedPort()}`)
  const failure = await callFailure(payment.charge(CHARGE, CONTEXT))
  assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', false, 4])
})

test('bytes after the answer spoil neither it nor the next', async (t) => {
  const body = JSON.stringify(SUCCEEDED)
  const tooMuch = raw(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}{"id":"pi_evil"}`, {
    end: false,
  })
  const fake = await startFake(t, tooMuch, json(200, SUCCEEDED))
  const payment = connect(t, fake.url)
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await payment.charge(CHARGE, CONTEXT), { kind: 'captured', reference: 'pi_1' })
  }
})

describe('Retry-After', () => {
  for (const status of [429, 503]) {
    for (const [form, value] of [
      ['seconds', () => '1'],
      ['an HTTP date', () => new Date(Date.now() + 2_000).toUTCString()],
    ] as const) {
      test(`on a ${status} as ${form} is waited for`, async (t) => {
        const limited: Behaviour = (...to) => json(status, {}, { 'retry-after': value() })(...to)
        const fake = await startFake(t, limited, json(200, SUCCEEDED))
        const payment = connect(t, fake.url)
        const began = performance.now()
        await payment.charge(CHARGE, CONTEXT)
        // The date has whole seconds: two seconds ahead are more than one.
        assert.ok(performance.now() - began >= 990)
        assert.equal(fake.requests.length, 2)
      })
    }
  }

  test('past the deadline goes to the caller', async (t) => {
    const fake = await startFake(t, json(429, {}, { 'retry-after': '60' }))
    const failure = await callFailure(connect(t, fake.url).charge(CHARGE, CONTEXT))
    assert.deepEqual([failure.reason, failure.attempts, failure.retryAfterMs], ['transient', 1, 60_000])
  })
})

test('a cut-off attempt ends its socket, as the other side can see, and its neighbours’ sockets stand', async (t) => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const patient: Behaviour = (...to) => void told.then(() => json(200, SUCCEEDED)(...to))
  const fake = await startFake(t, hang, patient)
  const time = createFakeTime()
  const payment = connect(t, fake.url, { time, deadlineMs: FAST.attemptTimeoutMs })
  const hung = callFailure(payment.charge(CHARGE, CONTEXT))
  await until(() => fake.requests.length === 1, 'the first request')
  await time.advance(FAST.attemptTimeoutMs / 2)
  const others = [payment.charge(CHARGE, CONTEXT), payment.charge(CHARGE, CONTEXT)]
  await until(() => fake.requests.length === 3, 'the other requests')
  await time.advance(FAST.attemptTimeoutMs / 2)
  assert.equal((await hung).outcomeUnknown, true)
  await until(() => fake.closedUnanswered() === 1, 'a closed socket')
  tell()
  for (const other of others) assert.equal((await other).kind, 'captured')
  assert.equal(fake.closedUnanswered(), 1)
})

test('a service that hangs is given up within ten seconds', async (t) => {
  const fake = await startFake(t, hang)
  const time = createFakeTime()
  const payment = createPayment({ url: fake.url, apiKey: 'sk_test_x', policy: { time, random: () => 0.5 } })
  t.after(() => payment.close())
  const began = time.now()
  const call = callFailure(payment.charge(CHARGE, CONTEXT)).then((failure) => {
    assert.ok(time.now() - began <= 10_000)
    return failure
  })
  await until(() => fake.requests.length === 1, 'the first attempt')
  await time.advance(6_500)
  await until(() => fake.requests.length === 2, 'the second')
  await time.advance(3_500)
  const { outcomeUnknown, attempts } = await call
  assert.deepEqual([outcomeUnknown, attempts], [true, 2])
})

test('a service that takes most of six seconds for everything is heard at once', async (t) => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const fake = await startFake(t, (...to) => void told.then(() => json(200, SUCCEEDED)(...to)))
  const time = createFakeTime()
  const payment = createPayment({ url: fake.url, apiKey: 'sk_test_x', policy: { time } })
  t.after(() => payment.close())
  const call = payment.charge(CHARGE, CONTEXT)
  await until(() => fake.requests.length === 1, 'the request')
  await time.advance(5_900)
  tell()
  assert.equal((await call).kind, 'captured')
  assert.equal(fake.requests.length, 1)
  assert.equal(payment.policy.snapshot().slow, 0)
})

test('sockets are used again, after failures too', async (t) => {
  const fake = await startFake(t, json(200, SUCCEEDED), json(402, {}), json(500, {}), json(200, SUCCEEDED))
  const payment = connect(t, fake.url)
  for (let i = 0; i < 20; i++) await payment.charge(CHARGE, CONTEXT)
  // The pool may open another while the one before is still on its way back.
  assert.ok(fake.sockets() <= 4, `${fake.sockets()} sockets`)
})

test('a dead service opens the circuit, and a living one closes it', async (t) => {
  let dead = true
  const fake = await startFake(t, (...to) => json(dead ? 500 : 200, dead ? {} : SUCCEEDED)(...to))
  const payment = connect(t, fake.url, { retries: 0, resetTimeoutMs: 100 })
  for (let i = 0; i < 5; i++) await callFailure(payment.charge(CHARGE, CONTEXT))
  const { reason, outcomeUnknown } = await callFailure(payment.charge(CHARGE, CONTEXT))
  assert.deepEqual([reason, outcomeUnknown, fake.requests.length], ['circuit-open', false, 5])
  dead = false
  await until(() => payment.policy.snapshot().state === 'half-open', 'half-open')
  assert.equal((await payment.charge(CHARGE, CONTEXT)).kind, 'captured')
  assert.equal(payment.policy.snapshot().state, 'closed')
})

test('an outage costs at most 1.3 requests an order, also all at once', async (t) => {
  const fake = await startFake(t, json(500, {}))
  const payment = connect(t, fake.url, { retryReserve: 3, bulkhead: 100 })
  await Promise.all(Array.from({ length: 100 }, () => callFailure(payment.charge(CHARGE, CONTEXT))))
  assert.ok(fake.requests.length <= 130, `${fake.requests.length} requests`)
})
