import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStatistics } from '#plugins/statistics.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 1, 12)

function startStatistics() {
  let now = START
  const statistics = createStatistics({ now: () => now })
  const pass = (ms: number) => {
    now += ms
  }
  return { statistics, pass }
}

/** The value that so many per cent do not exceed, as a sorted list has it. */
const exact = (sorted: readonly number[], percentile: number) =>
  sorted[Math.ceil((percentile / 100) * sorted.length) - 1] ?? Number.NaN

const near = (actual: number | null, expected: number, what: string) =>
  assert.ok(actual !== null && Math.abs(actual / expected - 1) <= 0.02, `${what}: ${actual}, not ${expected}`)

/** Shapes that response times take, from a number between 0 and 1. */
const shapes: [string, (random: number) => number][] = [
  ['all alike', (random) => 1 + random],
  ['a long tail', (random) => 0.05 * Math.exp(9 * random)],
  ['fast, and now and then a retry', (random) => (random < 0.93 ? 2 + random : 2_500 + 500 * random)],
  ['below a millisecond', (random) => 0.05 + random / 2],
  ['slow as a report', (random) => 5_000 + 55_000 * random],
]

for (const [name, shape] of shapes) {
  test(`percentiles are within two per cent of the exact ones: ${name}`, () => {
    const { statistics, pass } = startStatistics()
    // A low-discrepancy sequence: as even as random, and the same at every run.
    const times = Array.from({ length: 20_000 }, (_, index) => shape((index * 0.618033988749895) % 1))
    for (const [index, time] of times.entries()) {
      statistics.record(time, 200)
      if (index % 400 === 399) pass(MINUTE)
    }
    const sorted = times.toSorted((a, b) => a - b)
    const { requests, responseTimeMs } = statistics.read()
    assert.equal(requests, times.length)
    near(responseTimeMs.avg, times.reduce((sum, time) => sum + time, 0) / times.length, 'avg')
    near(responseTimeMs.p50, exact(sorted, 50), 'p50')
    near(responseTimeMs.p95, exact(sorted, 95), 'p95')
    near(responseTimeMs.p99, exact(sorted, 99), 'p99')
  })
}

test('a minute of the series has its own figures, and an empty one none', () => {
  const { statistics, pass } = startStatistics()
  statistics.record(10, 200)
  statistics.record(30, 503)
  pass(2 * MINUTE)
  statistics.record(100, 404)
  const { series } = statistics.read()
  assert.equal(series.length, 60)
  const [first, second, third] = series.slice(-3)
  assert.equal(first?.at, new Date(START).toISOString())
  assert.deepEqual([first?.requests, first?.errors, first?.avg], [2, 1, 20])
  near(first?.p99 ?? null, 30, 'p99')
  const none = { requests: 0, errors: 0, avg: null, p50: null, p95: null, p99: null }
  assert.deepEqual(second, { at: new Date(START + MINUTE).toISOString(), ...none })
  assert.deepEqual([third?.requests, third?.errors, third?.avg], [1, 0, 100])
})

test('the error rate is the fraction of 5xx, and nothing at all is no error', () => {
  const { statistics } = startStatistics()
  assert.equal(statistics.read().errorRate, 0)
  assert.deepEqual(statistics.read().responseTimeMs, { avg: null, p50: null, p95: null, p99: null })
  for (const status of [200, 201, 404, 429, 500, 503, 304, 200]) statistics.record(1, status)
  assert.equal(statistics.read().errorRate, 0.25)
})

test('what is more than an hour old is forgotten, minute by minute, however long nothing came', () => {
  const { statistics, pass } = startStatistics()
  statistics.record(1, 500)
  pass(MINUTE)
  statistics.record(1, 200)
  pass(58 * MINUTE)
  assert.equal(statistics.read().requests, 2)
  pass(MINUTE)
  assert.deepEqual([statistics.read().requests, statistics.read().errorRate], [1, 0])
  pass(MINUTE)
  assert.equal(statistics.read().requests, 0)
  statistics.record(1, 200)
  pass(7 * 24 * 60 * MINUTE)
  assert.equal(statistics.read().requests, 0)
  statistics.record(1, 200)
  assert.equal(statistics.read().requests, 1)
})

test('a clock that is set back loses nothing that it counts from then on', () => {
  const { statistics, pass } = startStatistics()
  statistics.record(1, 200)
  pass(-10 * MINUTE)
  statistics.record(1, 200)
  assert.equal(statistics.read().requests, 1)
  pass(10 * MINUTE)
  assert.equal(statistics.read().requests, 2)
})

test('times that no histogram holds are counted at its ends', () => {
  const { statistics } = startStatistics()
  statistics.record(0, 200)
  statistics.record(1e9, 200)
  const { requests, responseTimeMs } = statistics.read()
  assert.equal(requests, 2)
  assert.equal(responseTimeMs.p50, 0.001)
  near(responseTimeMs.p99, 600_000, 'p99')
})
