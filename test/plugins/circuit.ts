import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { CallFailed, type CallPolicyOptions, createCallPolicy } from '#plugins/circuit-breakers.ts'
import { createFakeTime } from './fake-time.ts'

export const TRANSIENT = new Error('transient')
export const PERMANENT = new Error('permanent')
/** The breaker's own timer is the library's, and real. */
const RESET_MS = 40

export function setUp(more: Partial<CallPolicyOptions> = {}) {
  const time = createFakeTime()
  const policy = createCallPolicy({
    name: 'example',
    classify: (error) => ({ transient: error === TRANSIENT, outcomeUnknown: false }),
    deadlineMs: 10_000,
    attemptTimeoutMs: 2_500,
    retries: 0,
    baseDelayMs: 500,
    bulkhead: 50,
    resetTimeoutMs: RESET_MS,
    time,
    ...more,
  })
  const states: string[] = []
  policy.onStateChange((state) => states.push(state))
  const outcome = (attempt: () => Promise<unknown>): Promise<string> =>
    policy.call(attempt).then(
      () => 'answered',
      (error: unknown) => (error instanceof CallFailed ? error.reason : String(error)),
    )
  return {
    time,
    policy,
    states,
    outcome,
    state: () => policy.snapshot().state,
    fail: () => outcome(() => Promise.reject(TRANSIENT)),
    succeed: () => outcome(async () => 'yes'),
    async open() {
      for (let i = 0; i < 5; i++) await outcome(() => Promise.reject(TRANSIENT))
      assert.equal(policy.snapshot().state, 'open')
    },
    async halfOpen() {
      const deadline = Date.now() + 5_000
      while (policy.snapshot().state !== 'half-open') {
        assert.ok(Date.now() < deadline, 'never half-open')
        await pause(5)
      }
    },
  }
}

/** An attempt that ends when the test says so. */
export function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { attempt: () => promise, answer: () => resolve('yes'), fail: () => reject(TRANSIENT) }
}
