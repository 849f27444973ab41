import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createCallPolicy, parseRetryAfter } from '#plugins/circuit-breakers.ts'
import { createFakeTime } from './fake-time.ts'

/** A circuit that never opens, so that nothing but the budget holds the retries back. */
function setUp() {
  const time = createFakeTime()
  let attempts = 0
  const policy = createCallPolicy({
    name: 'example',
    classify: () => ({ transient: true, outcomeUnknown: false }),
    deadlineMs: 10_000,
    attemptTimeoutMs: 2_500,
    retries: 3,
    baseDelayMs: 500,
    bulkhead: 1_000,
    volumeThreshold: 1_000_000,
    time,
  })
  return {
    time,
    policy,
    attempts: () => attempts,
    fail: () =>
      policy
        .call(() => {
          attempts++
          return Promise.reject(new Error('failing'))
        })
        .catch(() => {}),
  }
}

describe('the retry budget', () => {
  test('lets a lone failure be retried as often as any', async () => {
    const { time, fail, attempts } = setUp()
    const call = fail()
    await time.advance(10_000)
    await call
    assert.equal(attempts(), 4)
  })

  test('keeps 200 failing calls, one after the other, under 1.3 attempts each', async () => {
    const { time, fail, attempts, policy } = setUp()
    for (let i = 0; i < 200; i++) {
      const call = fail()
      await time.advance(10_000)
      await call
    }
    // Three in hand, and one for each five calls.
    assert.equal(attempts(), 243)
    assert.equal(policy.snapshot().retries, 43)
  })

  test('keeps 200 failing calls at once under 1.3 attempts each, also after a long good time', async () => {
    const { time, policy, fail, attempts } = setUp()
    for (let i = 0; i < 500; i++) await policy.call(async () => 'yes')
    const calls = Array.from({ length: 200 }, fail)
    await time.advance(10_000)
    await Promise.all(calls)
    assert.ok(attempts() <= 260, `${attempts()} attempts`)
  })
})

test('while every call fails, the open circuit leaves far fewer attempts than calls', async () => {
  const time = createFakeTime()
  let attempts = 0
  const policy = createCallPolicy({
    name: 'example',
    classify: () => ({ transient: true, outcomeUnknown: false }),
    deadlineMs: 10_000,
    attemptTimeoutMs: 2_500,
    retries: 3,
    baseDelayMs: 500,
    bulkhead: 50,
    // The breaker's own timer is real, and a probe would be one more attempt.
    resetTimeoutMs: 3_600_000,
    time,
  })
  for (let i = 0; i < 200; i++) {
    const call = policy.call(() => Promise.reject(new Error(`failing ${attempts++}`))).catch(() => {})
    await time.advance(10_000)
    await call
  }
  assert.ok(attempts <= 10, `${attempts} attempts`)
  policy.close()
})

describe('Retry-After', () => {
  const now = Date.UTC(2026, 10, 6, 8, 49, 30)

  test('is read as seconds', () => {
    assert.equal(parseRetryAfter('0', now), 0)
    assert.equal(parseRetryAfter(' 120 ', now), 120_000)
  })

  test('is read as an HTTP date in each of its three forms', () => {
    assert.equal(parseRetryAfter('Fri, 06 Nov 2026 08:49:37 GMT', now), 7_000)
    assert.equal(parseRetryAfter('Friday, 06-Nov-26 08:49:37 GMT', now), 7_000)
    assert.equal(parseRetryAfter('Fri Nov  6 08:49:37 2026', now), 7_000)
  })

  test('in the past means now, and beyond a day means a day', () => {
    assert.equal(parseRetryAfter('Fri, 06 Nov 2020 08:49:37 GMT', now), 0)
    assert.equal(parseRetryAfter('9999999999', now), 86_400_000)
    assert.equal(parseRetryAfter('Fri, 06 Nov 2099 08:49:37 GMT', now), 86_400_000)
  })

  test('that says nothing is none', () => {
    for (const value of [
      undefined,
      '',
      'soon',
      '-1',
      '1.5',
      '1e3',
      '2026-11-06',
      'Fri, 99 Nov 2026 99:49:37 GMT',
    ]) {
      assert.equal(parseRetryAfter(value, now), undefined, String(value))
    }
  })
})
