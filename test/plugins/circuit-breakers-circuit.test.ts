import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { CallFailed, type CallPolicyOptions, createCallPolicy } from '#plugins/circuit-breakers.ts'
import { createFakeTime, settle } from './fake-time.ts'

const TRANSIENT = new Error('transient')
const PERMANENT = new Error('permanent')
/** The breaker's own timer is the library's, and real. */
const RESET_MS = 40

function setUp(more: Partial<CallPolicyOptions> = {}) {
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
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { attempt: () => promise, answer: () => resolve('yes'), fail: () => reject(TRANSIENT) }
}

test('one failure does not open it, nor do four', async () => {
  const { fail, state } = setUp()
  for (let i = 0; i < 4; i++) assert.equal(await fail(), 'transient')
  assert.equal(state(), 'closed')
})

test('a threshold under which single failures count is refused', () => {
  assert.throws(() => setUp({ volumeThreshold: 1 }), RangeError)
})

test('five failures open it, and then nothing is sent', async () => {
  const { fail, policy, outcome, states } = setUp()
  for (let i = 0; i < 5; i++) await fail()
  assert.equal(policy.snapshot().state, 'open')
  let sent = 0
  assert.equal(await outcome(async () => sent++), 'circuit-open')
  assert.equal(sent, 0)
  const { failures, rejects, openSince } = policy.snapshot()
  assert.deepEqual(
    { failures, rejects, openSince },
    { failures: 5, rejects: 1, openSince: '2026-01-01T00:00:00.000Z' },
  )
  assert.deepEqual(states, ['open'])
})

test('more than half of the calls in the window failing opens it, half of them does not', async () => {
  const { fail, succeed, state } = setUp()
  for (let i = 0; i < 10; i++) {
    await succeed()
    await fail()
  }
  assert.equal(state(), 'closed')
  await fail()
  assert.equal(state(), 'open')
})

test('five failures in a row open it however good the window was', async () => {
  const { fail, succeed, state } = setUp()
  for (let i = 0; i < 200; i++) await succeed()
  for (let i = 0; i < 5; i++) await fail()
  assert.equal(state(), 'open')
})

test('failures that lie a window apart are forgotten', async () => {
  const { fail, succeed, time, state } = setUp()
  for (let i = 0; i < 4; i++) await fail()
  await succeed()
  await time.advance(10_000)
  await fail()
  await fail()
  assert.equal(state(), 'closed')
})

test('a permanent failure is an answer, and never opens it', async () => {
  const { outcome, state, policy } = setUp()
  for (let i = 0; i < 20; i++) assert.equal(await outcome(() => Promise.reject(PERMANENT)), 'permanent')
  assert.equal(state(), 'closed')
  assert.equal(policy.snapshot().successes, 20)
})

test('a call that its caller gave up says nothing about the dependency', async () => {
  const { policy, state } = setUp()
  for (let i = 0; i < 20; i++) {
    await assert.rejects(policy.call(async () => 'yes', { signal: AbortSignal.abort() }))
  }
  assert.equal(state(), 'closed')
  assert.equal(policy.snapshot().successes, 0)
})

test('slow answers are given back, and count against it', async () => {
  const { policy, time, state } = setUp({ slowCallMs: 1_000 })
  for (let i = 0; i < 5; i++) {
    const { attempt, answer } = held()
    const call = policy.call(attempt)
    await time.advance(1_001)
    answer()
    assert.equal(await call, 'yes')
  }
  assert.equal(state(), 'open')
  assert.equal(policy.snapshot().slow, 5)
})

test('half-open admits three probes and no fourth; the first that is answered closes it', async () => {
  const { open, halfOpen, outcome, states, succeed, policy } = setUp()
  await open()
  await halfOpen()
  const probes = [held(), held(), held()]
  const calls = probes.map(({ attempt }) => outcome(attempt))
  assert.equal(await succeed(), 'circuit-open')
  probes[0]?.fail()
  assert.equal(await calls[0], 'transient')
  assert.equal(policy.snapshot().state, 'half-open')
  probes[1]?.answer()
  assert.equal(await calls[1], 'answered')
  assert.equal(policy.snapshot().state, 'closed')
  assert.equal(policy.snapshot().openSince, undefined)
  assert.equal(await succeed(), 'answered')
  // One that comes too late to matter.
  probes[2]?.fail()
  await calls[2]
  assert.deepEqual(states, ['open', 'half-open', 'closed'])
})

test('it opens again when every probe has failed', async () => {
  const { open, halfOpen, outcome, states, state } = setUp()
  await open()
  await halfOpen()
  const probes = [held(), held()]
  const calls = probes.map(({ attempt }) => outcome(attempt))
  for (const probe of probes) probe.fail()
  await Promise.all(calls)
  assert.equal(state(), 'open')
  assert.deepEqual(states, ['open', 'half-open', 'open'])
})

test('a probe that hangs is ended by its deadline, and another round follows', async () => {
  const { open, halfOpen, outcome, time, state, states, succeed } = setUp()
  await open()
  await halfOpen()
  const { attempt } = held()
  const probe = outcome(attempt)
  await time.advance(10_000)
  assert.equal(await probe, 'deadline')
  assert.deepEqual(states.slice(0, 3), ['open', 'half-open', 'open'])
  await halfOpen()
  assert.equal(await succeed(), 'answered')
  assert.equal(state(), 'closed')
})

test('a probe that its caller gives up leaves its place to another', async () => {
  const { open, halfOpen, policy, succeed, state } = setUp({ probes: 1 })
  await open()
  await halfOpen()
  const caller = new AbortController()
  const call = policy.call(() => new Promise(() => {}), { signal: caller.signal })
  await settle()
  caller.abort()
  await assert.rejects(call)
  assert.equal(state(), 'half-open')
  assert.equal(await succeed(), 'answered')
  assert.equal(state(), 'closed')
})

test('closed again, one failure does not open it, whatever the window held before', async () => {
  const { open, halfOpen, succeed, fail, state } = setUp()
  await open()
  await halfOpen()
  await succeed()
  for (let i = 0; i < 4; i++) await fail()
  assert.equal(state(), 'closed')
})

test('a call from before it opened does not close it', async () => {
  const { open, outcome, state } = setUp()
  const old = held()
  const call = outcome(old.attempt)
  await open()
  old.answer()
  assert.equal(await call, 'answered')
  assert.equal(state(), 'open')
})

test('a call that waits to retry gives up when the circuit opens', async () => {
  const { policy, time, open } = setUp({ retries: 1, retryRatio: 0 })
  let attempts = 0
  const call = policy.call(() => {
    attempts++
    return Promise.reject(TRANSIENT)
  })
  const failed = assert.rejects(call, { reason: 'transient', attempts: 1 })
  await settle()
  // Its own retry took the only token, so these fail at once.
  await open()
  await time.advance(1_000)
  await failed
  assert.equal(attempts, 1)
})
