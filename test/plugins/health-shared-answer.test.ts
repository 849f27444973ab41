import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareAnswer } from '#plugins/health/shared-answer.ts'

test('however many ask at once, one question is sent, and its answer is shared for a while', async () => {
  let asked = 0
  const answer = shareAnswer({
    ask: async () => ++asked,
    otherwise: () => -1,
    timeoutMs: 1_000,
    shareMs: 60_000,
  })
  assert.deepEqual(await Promise.all([answer(), answer(), answer()]), [1, 1, 1])
  assert.equal(await answer(), 1)
})

test('an answer is asked for anew when it was shared for long enough', async () => {
  let asked = 0
  const answer = shareAnswer({ ask: () => ++asked, otherwise: () => -1, timeoutMs: 1_000, shareMs: 0 })
  assert.deepEqual([await answer(), await answer()], [1, 2])
})

test('a question that hangs is given up in time, is not repeated at once, and is repeated in the end', async (t) => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const pass = (ms: number) => {
    now += ms
    t.mock.timers.tick(ms)
  }
  const flights: PromiseWithResolvers<string>[] = []
  const answer = shareAnswer({
    ask: () => {
      const flight = Promise.withResolvers<string>()
      flights.push(flight)
      return flight.promise
    },
    otherwise: (error) => (error === undefined ? 'too slow' : String(error.cause)),
    timeoutMs: 150,
    shareMs: 60_000,
  })
  const first = answer()
  pass(150)
  assert.equal(await first, 'too slow')
  pass(299)
  assert.equal(await answer(), 'too slow')
  assert.equal(flights.length, 1)

  pass(1)
  const last = answer()
  assert.equal(flights.length, 2)
  flights[0]?.resolve('from before')
  flights[1]?.resolve('back again')
  assert.equal(await last, 'back again')
  assert.equal(await answer(), 'back again')
})

test('an answer that comes after its timeout is what the next one hears', async () => {
  const flight = Promise.withResolvers<string>()
  const answer = shareAnswer({
    ask: () => flight.promise,
    otherwise: () => 'too slow',
    timeoutMs: 20,
    shareMs: 60_000,
  })
  assert.equal(await answer(), 'too slow')
  flight.resolve('late, but here')
  await flight.promise
  await new Promise(setImmediate)
  assert.equal(await answer(), 'late, but here')
})

test('a question that throws is answered otherwise', async () => {
  const cause = new Error('away')
  const answer = shareAnswer<unknown>({
    ask: () => {
      throw cause
    },
    otherwise: (error) => error,
    timeoutMs: 1_000,
    shareMs: 0,
  })
  assert.deepEqual(await answer(), { cause })
})
