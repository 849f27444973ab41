import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { CallFailed, createCallPolicy } from '#plugins/circuit-breakers.ts'
import { createFakeTime, settle } from './fake-time.ts'

function setUp() {
  const time = createFakeTime()
  const policy = createCallPolicy({
    name: 'example',
    classify: () => ({ transient: true, outcomeUnknown: false }),
    deadlineMs: 2_500,
    attemptTimeoutMs: 1_000,
    retries: 1,
    baseDelayMs: 500,
    bulkhead: 50,
    slowCallMs: 500,
    retryRatio: 0,
    random: () => 0.5,
    time,
  })
  return { time, policy }
}

const failed = async (call: Promise<unknown>): Promise<CallFailed> => {
  const error = await call.catch((reason: unknown) => reason)
  assert.ok(error instanceof CallFailed, String(error))
  return error
}

const hang = () => new Promise<never>(() => {})
const fail = () => Promise.reject(new Error('failing'))

test('a caller ends its own call, and nobody else’s', async () => {
  const { policy, time } = setUp()
  const caller = new AbortController()
  const signals: AbortSignal[] = []
  const attempt = (signal: AbortSignal) => {
    signals.push(signal)
    return hang()
  }
  const ended = failed(policy.call(attempt, { signal: caller.signal }))
  const other = failed(policy.call(attempt))
  await settle()
  caller.abort()
  assert.deepEqual([(await ended).reason, (await ended).outcomeUnknown], ['aborted', true])
  assert.deepEqual(
    signals.map((signal) => signal.aborted),
    [true, false],
  )
  await time.advance(2_500)
  assert.equal((await other).reason, 'deadline')
})

test('for a caller that is gone already nothing is sent', async () => {
  const { policy } = setUp()
  let attempts = 0
  const error = await failed(policy.call(async () => attempts++, { signal: AbortSignal.abort() }))
  assert.deepEqual([error.reason, error.outcomeUnknown, attempts], ['aborted', false, 0])
})

test('a caller that goes away between two attempts is told so at once, and pays for no retry', async () => {
  const { policy, time } = setUp()
  const caller = new AbortController()
  let attempts = 0
  const call = failed(
    policy.call(
      () => {
        attempts++
        return fail()
      },
      { signal: caller.signal },
    ),
  )
  await settle()
  caller.abort()
  const { reason, outcomeUnknown } = await call
  assert.deepEqual([reason, outcomeUnknown, attempts], ['aborted', false, 1])
  assert.equal(time.pending(), 0)
  const { retries, failures } = policy.snapshot()
  assert.deepEqual([retries, failures], [0, 0])

  // The only retry in hand is still there.
  const other = failed(policy.call(fail))
  await time.advance(250)
  assert.equal((await other).attempts, 2)
})

test('a signal that outlives its calls is not left with their listeners', async () => {
  const { policy } = setUp()
  const { signal } = new AbortController()
  await policy.call(async () => 'yes', { signal })
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('answers, failures, timeouts and slow answers are counted, each call once', async () => {
  const { policy, time } = setUp()
  await policy.call(async () => 'yes')
  const late = Promise.withResolvers<string>()
  const slow = policy.call(() => late.promise)
  await time.advance(501)
  late.resolve('yes')
  await slow
  const retried = failed(policy.call(fail))
  await time.advance(250)
  await retried
  // No retry is left to follow it.
  const cutOff = failed(policy.call(hang))
  await time.advance(1_000)
  assert.equal((await cutOff).reason, 'transient')
  const { successes, failures, timeouts, slow: slowOnes, retries, rejects } = policy.snapshot()
  assert.deepEqual(
    { successes, failures, timeouts, slow: slowOnes, retries, rejects },
    { successes: 2, failures: 2, timeouts: 1, slow: 1, retries: 1, rejects: 0 },
  )
})
