import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepStateHistory } from '#plugins/circuit-breakers/state-history.ts'
import type { CallPolicy } from '#plugins/circuit-breakers.ts'

const MINUTE = 60_000

function watchCircuit() {
  let now = Date.UTC(2026, 0, 1, 12)
  let tell: Parameters<CallPolicy['onStateChange']>[0] = () => assert.fail('nobody listens')
  const onStateChange: CallPolicy['onStateChange'] = (listener) => {
    tell = listener
    return () => {}
  }
  const history = keepStateHistory({ onStateChange }, () => now)
  return {
    history,
    open: () => tell('open', 'closed'),
    close: () => tell('closed', 'half-open'),
    pass: (ms: number) => {
      now += ms
    },
  }
}

test('the changes of the last hour are told with their times, the oldest first', () => {
  const { history, open, close, pass } = watchCircuit()
  assert.deepEqual(history(), [])
  open()
  pass(MINUTE)
  close()
  const [opened, closed] = [
    { at: '2026-01-01T12:00:00.000Z', state: 'open' },
    { at: '2026-01-01T12:01:00.000Z', state: 'closed' },
  ]
  assert.deepEqual(history(), [opened, closed])
  pass(59 * MINUTE)
  assert.deepEqual(history(), [closed])
  pass(MINUTE)
  assert.deepEqual(history(), [])
})

test('of a circuit that flaps all the time the last fifty changes are kept', () => {
  const { history, open, pass } = watchCircuit()
  for (let i = 0; i < 1_000; i++) {
    open()
    pass(1_000)
  }
  assert.equal(history().length, 50)
  assert.equal(history().at(-1)?.at, '2026-01-01T12:16:39.000Z')
})
