import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import Fastify from 'fastify'
import {
  CallFailed,
  type CallPolicyOptions,
  circuitBreakers,
  createCallPolicy,
} from '#plugins/circuit-breakers.ts'
import { createFakeTime, settle } from './fake-time.ts'

class Failure extends Error {
  transient = true
  outcomeUnknown = false
  retryAfterMs: number | undefined
}

const failing = (more: Partial<Failure> = {}) => Object.assign(new Failure('failing'), more)

function setUp(more: Partial<CallPolicyOptions> = {}) {
  const time = createFakeTime()
  const policy = createCallPolicy({
    name: 'example',
    classify: (error) => {
      assert.ok(error instanceof Failure)
      return error
    },
    deadlineMs: 10_000,
    attemptTimeoutMs: 2_500,
    retries: 3,
    baseDelayMs: 500,
    bulkhead: 50,
    random: () => 0.5,
    time,
    ...more,
  })
  return { time, policy }
}

const failed = async (call: Promise<unknown>): Promise<CallFailed> => {
  const error = await call.then(
    () => assert.fail('the call was answered'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof CallFailed, String(error))
  return error
}

const hang = () => new Promise<never>(() => {})

describe('attempts', () => {
  test('an answer is given back, and no timer is left', async () => {
    const { policy, time } = setUp()
    assert.equal(await policy.call(async () => 'yes'), 'yes')
    assert.equal(time.pending(), 0)
  })

  test('waits double from the base, with full jitter, and end after so many retries', async () => {
    const { policy, time } = setUp({ random: () => 0.999 })
    const at: number[] = []
    const began = time.now()
    const call = failed(
      policy.call(async () => {
        at.push(Math.round(time.now() - began))
        throw failing()
      }),
    )
    await time.advance(10_000)
    assert.deepEqual(at, [0, 500, 1499, 3497])
    const error = await call
    assert.equal(error.reason, 'transient')
    assert.equal(error.attempts, 4)
    assert.equal(error.outcomeUnknown, false)
    assert.equal(time.pending(), 0)
  })

  test('a permanent failure is not tried again', async () => {
    const { policy } = setUp()
    const cause = failing({ transient: false })
    const error = await failed(policy.call(() => Promise.reject(cause)))
    assert.deepEqual([error.reason, error.attempts, error.cause], ['permanent', 1, cause])
  })

  test('an attempt is cut off at its timeout, by a signal of its own, and its outcome is unknown', async () => {
    const { policy, time } = setUp({ retries: 1 })
    const signals: AbortSignal[] = []
    const call = failed(
      policy.call((signal) => {
        signals.push(signal)
        return hang()
      }),
    )
    await time.advance(2_499)
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [false],
    )
    await time.advance(1)
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [true],
    )
    await time.advance(250)
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [true, false],
    )
    // Nothing can follow the second: it has what is left.
    await time.advance(7_249)
    assert.equal(signals[1]?.aborted, false)
    await time.advance(1)
    const error = await call
    assert.deepEqual([error.reason, error.outcomeUnknown, error.attempts], ['deadline', true, 2])
    assert.equal(policy.snapshot().timeouts, 1)
    assert.equal(time.pending(), 0)
  })

  for (const [name, figures] of [
    ['is the last that may be made', { retries: 0 }],
    ['would leave no time for another', { attemptTimeoutMs: 9_700 }],
    ['is not to be followed by another once its outcome is unknown', { retryUnknown: false }],
  ] satisfies [string, Partial<CallPolicyOptions>][]) {
    test(`one that ${name} has the whole deadline`, async () => {
      const { policy, time } = setUp(figures)
      const late = Promise.withResolvers<string>()
      const call = policy.call(() => late.promise)
      await time.advance(9_999)
      late.resolve('yes')
      assert.equal(await call, 'yes')
      assert.equal(time.pending(), 0)
    })
  }

  test('one that may have been carried out is left alone where that is asked for, and any other made again', async () => {
    const { policy, time } = setUp({ retryUnknown: false })
    const outcomes = [failing(), failing({ outcomeUnknown: true })]
    const call = failed(policy.call(() => Promise.reject(outcomes.shift())))
    await time.advance(1_000)
    const error = await call
    assert.deepEqual([error.reason, error.outcomeUnknown, error.attempts], ['transient', true, 2])
  })

  test('one unknown outcome makes the whole call unknown', async () => {
    const { policy, time } = setUp()
    let attempts = 0
    const call = failed(
      policy.call(async () => {
        attempts++
        throw attempts === 1 ? failing({ outcomeUnknown: true }) : failing({ transient: false })
      }),
    )
    await time.advance(1_000)
    const { reason, outcomeUnknown } = await call
    assert.deepEqual([reason, outcomeUnknown], ['permanent', true])
  })

  test('an attempt that throws before it returns a promise is a failed attempt', async () => {
    const { policy } = setUp({ retries: 0 })
    const error = await failed(
      policy.call(() => {
        throw failing()
      }),
    )
    assert.equal(error.reason, 'transient')
  })
})

describe('the deadline', () => {
  test('ends an attempt that is deaf to its signal', async () => {
    const { policy, time } = setUp({ attemptTimeoutMs: 20_000 })
    const call = failed(policy.call(hang))
    await time.advance(10_000)
    const error = await call
    assert.deepEqual([error.reason, error.outcomeUnknown, error.attempts], ['deadline', true, 1])
    assert.equal(policy.snapshot().inFlight, 0)
    assert.equal(time.pending(), 0)
  })

  test('can be shortened for one call, but not lengthened', async () => {
    const { policy, time } = setUp({ attemptTimeoutMs: 20_000 })
    const short = failed(policy.call(hang, { deadlineMs: 100 }))
    const long = failed(policy.call(hang, { deadlineMs: 60_000 }))
    await time.advance(100)
    assert.equal((await short).reason, 'deadline')
    await time.advance(9_900)
    assert.equal((await long).reason, 'deadline')
  })

  test('leaves no time for a retry that would be cut off at once', async () => {
    const { policy, time } = setUp({ random: () => 0.7 })
    let attempts = 0
    const call = failed(
      policy.call(() => {
        attempts++
        return hang()
      }),
    )
    // Three attempts and waits of 350 and 700 ms; a wait of 1,400 more would leave 50 ms.
    await time.advance(8_550)
    const error = await call
    assert.deepEqual([error.reason, attempts], ['transient', 3])
  })
})

describe('Retry-After', () => {
  test('is waited for', async () => {
    const { policy, time } = setUp({ random: () => 0 })
    let attempts = 0
    const call = policy.call(async () => {
      attempts++
      if (attempts === 1) throw failing({ retryAfterMs: 3_000 })
      return 'yes'
    })
    await time.advance(2_999)
    assert.equal(attempts, 1)
    await time.advance(1)
    assert.equal(await call, 'yes')
  })

  test('is the least wait: one that is over leaves the backoff as it is', async () => {
    const { policy, time } = setUp({ random: () => 0.999 })
    const at: number[] = []
    const began = time.now()
    const call = failed(
      policy.call(async () => {
        at.push(Math.round(time.now() - began))
        throw failing({ retryAfterMs: 0 })
      }),
    )
    await time.advance(10_000)
    await call
    assert.deepEqual(at, [0, 500, 1499, 3497])
  })

  test('past the deadline is handed on at once', async () => {
    const { policy } = setUp()
    const error = await failed(policy.call(() => Promise.reject(failing({ retryAfterMs: 30_000 }))))
    assert.deepEqual([error.reason, error.attempts, error.retryAfterMs], ['transient', 1, 30_000])
  })
})

test('one call timing out aborts none of its neighbours', async () => {
  const { policy, time } = setUp({ deadlineMs: 2_500 })
  const signals: AbortSignal[] = []
  const attempt = (signal: AbortSignal) => {
    signals.push(signal)
    return hang()
  }
  const first = failed(policy.call(attempt))
  await time.advance(2_000)
  const second = failed(policy.call(attempt))
  await time.advance(500)
  assert.equal((await first).reason, 'deadline')
  assert.deepEqual(
    signals.map((signal) => signal.aborted),
    [true, false],
  )
  await time.advance(2_000)
  await second
})

test('the bulkhead refuses one call too many, unsent, and has room again after one', async () => {
  const { policy, time } = setUp({ bulkhead: 2, deadlineMs: 2_500 })
  const calls = [failed(policy.call(hang)), failed(policy.call(hang))]
  const error = await failed(policy.call(hang))
  assert.deepEqual([error.reason, error.attempts, error.outcomeUnknown], ['bulkhead-full', 0, false])
  assert.equal(policy.snapshot().rejects, 1)
  await time.advance(2_500)
  await Promise.all(calls)
  assert.equal(await policy.call(async () => 'yes'), 'yes')
})

test('the plugin shows the policies, and a policy that is closed ends what is in flight, listener or not', async () => {
  const { policy } = setUp()
  const app = Fastify()
  await app.register(circuitBreakers, { policies: [policy] })
  await app.ready()
  assert.equal(app.callPolicies[0]?.snapshot().state, 'closed')
  const call = failed(policy.call(hang))
  await settle()
  await app.close()
  policy.close()
  assert.equal((await call).reason, 'aborted')
  const late = await failed(policy.call(async () => 'yes'))
  assert.deepEqual([late.reason, late.outcomeUnknown], ['aborted', false])
})
