import assert from 'node:assert/strict'
import { test } from 'node:test'
import { held, PERMANENT, setUp, TRANSIENT } from './circuit.ts'
import { settle } from './fake-time.ts'

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

test('failures count for ten seconds, at whatever pace calls come', async () => {
  const { fail, succeed, time, state } = setUp()
  for (const make of [fail, fail, succeed, fail]) {
    await make()
    await time.advance(2_000)
  }
  await fail()
  assert.equal(state(), 'open')
})

test('and no longer, at whatever pace calls come', async () => {
  const { fail, succeed, time, state } = setUp()
  for (let i = 0; i < 4; i++) await fail()
  for (let i = 0; i < 5; i++) {
    await time.advance(1_900)
    await succeed()
  }
  await time.advance(1_900)
  for (let i = 0; i < 3; i++) await fail()
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

test('nor does it end a row of failures', async () => {
  const { policy, fail, succeed, state } = setUp()
  for (let i = 0; i < 20; i++) await succeed()
  for (let i = 0; i < 4; i++) await fail()
  await assert.rejects(policy.call(async () => 'yes', { signal: AbortSignal.abort() }))
  await fail()
  assert.equal(state(), 'open')
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
