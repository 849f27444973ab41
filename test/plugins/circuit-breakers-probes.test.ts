import assert from 'node:assert/strict'
import { test } from 'node:test'
import { held, setUp, TRANSIENT } from './circuit.ts'
import { settle } from './fake-time.ts'

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

test('a round of probes leaves nothing behind for the next', async () => {
  const { open, halfOpen, outcome, time, state, fail, policy } = setUp()
  await open()
  const { openSince } = policy.snapshot()
  await time.advance(1_000)
  await halfOpen()
  const first = [held(), held(), held()]
  const failed = first.map(({ attempt }) => outcome(attempt))
  for (const probe of first) probe.fail()
  await Promise.all(failed)
  assert.equal(policy.snapshot().openSince, openSince)

  await halfOpen()
  const second = [held(), held(), held()]
  const [answered, ...out] = second.map(({ attempt }) => outcome(attempt))
  second[0]?.answer()
  assert.equal(await answered, 'answered')
  assert.equal(state(), 'closed')

  await open()
  await halfOpen()
  assert.equal(await fail(), 'transient')
  assert.equal(state(), 'open')
  for (const probe of second) probe.answer()
  await Promise.all(out)
})

test('a probe is made again as any call is', async () => {
  const { time, fail, halfOpen, outcome, state } = setUp({ retries: 1, retryReserve: 10 })
  const failed = Array.from({ length: 5 }, fail)
  await time.advance(500)
  await Promise.all(failed)
  await halfOpen()
  let attempts = 0
  const probe = outcome(async () => {
    if (attempts++ === 0) throw TRANSIENT
  })
  await time.advance(500)
  assert.equal(await probe, 'answered')
  assert.equal(state(), 'closed')
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

test('nor has it a say among the probes', async () => {
  const { open, halfOpen, outcome, state } = setUp()
  const [good, bad, probe] = [held(), held(), held()]
  const old = [good, bad].map(({ attempt }) => outcome(attempt))
  await open()
  await halfOpen()
  const last = outcome(probe.attempt)
  bad.fail()
  good.answer()
  await Promise.all(old)
  assert.equal(state(), 'half-open')
  probe.answer()
  await last
  assert.equal(state(), 'closed')
})
