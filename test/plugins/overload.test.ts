import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { type OverloadOptions, overload, type SheddingStage } from '#plugins/overload.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { buildProblemApp } from '../support/problem-app.ts'

async function build(t: TestContext, options: OverloadOptions) {
  const app = await buildProblemApp()
  await app.register(overload, { sampleIntervalMs: 10, ...options })
  app.get('/list', async () => 'list')
  app.get('/order', { config: { shedding: 'middle' } }, async () => 'order')
  app.post('/orders', { config: { shedding: 'last' } }, async () => 'placed')
  app.get('/readyz', { config: { probe: true } }, async () => 'ready')
  t.after(() => app.close())
  await app.ready()
  return app
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await condition())) {
    assert.ok(performance.now() < end, 'it did not come to pass in time')
    await wait(5)
  }
}

const statuses = async (app: FastifyInstance) => ({
  list: (await app.inject('/list')).statusCode,
  order: (await app.inject('/order')).statusCode,
  place: (await app.inject({ method: 'POST', url: '/orders' })).statusCode,
  ready: (await app.inject('/readyz')).statusCode,
})

const [full, roomy] = [{ heapUsedBytes: 1 }, { heapUsedBytes: Number.MAX_SAFE_INTEGER }]
const stages: [SheddingStage | 'none', OverloadOptions['thresholds'], number[]][] = [
  ['none', { first: roomy, middle: roomy, last: roomy }, [200, 200, 200, 200]],
  ['first', { first: full, middle: roomy, last: roomy }, [503, 200, 200, 200]],
  ['middle', { first: full, middle: full, last: roomy }, [503, 503, 200, 200]],
  ['last', { first: full, middle: full, last: full }, [503, 503, 503, 200]],
]
for (const [stage, thresholds, expected] of stages) {
  test(`over the thresholds of ${stage}, what is shed is shed, and probes are not`, async (t) => {
    assert.ok(thresholds)
    const app = await build(t, { thresholds })
    await until(() => (stage === 'none' ? app.memoryUsage().heapUsed > 0 : app.isOverloaded('first')))
    assert.deepEqual(Object.values(await statuses(app)), expected)
    assert.equal(app.isOverloaded('first'), stage !== 'none')
    assert.equal(app.isOverloaded(), stage === 'last')
  })
}

test('one measurement over a later threshold counts although another is over an earlier one', async (t) => {
  const app = await build(t, {
    thresholds: {
      first: { heapUsedBytes: 1, rssBytes: 1 },
      middle: { rssBytes: 1 },
      last: { heapUsedBytes: Number.MAX_SAFE_INTEGER, rssBytes: 1 },
    },
  })
  await until(() => app.isOverloaded())
  assert.deepEqual(Object.values(await statuses(app)), [503, 503, 503, 200])
})

test('what is shed is a problem that says when to come back, spread over a few seconds', async (t) => {
  let number = 0
  const app = await build(t, {
    thresholds: { first: full, middle: full, last: full },
    random: () => number,
  })
  await until(() => app.isOverloaded())
  for (const [random, seconds] of [
    [0, '1'],
    [0.5, '3'],
    [0.999, '5'],
  ] as const) {
    number = random
    await assertProblem(await app.inject('/list'), {
      slug: 'overloaded',
      headers: { 'retry-after': seconds },
    })
  }
  await assertProblem(await app.inject('/nowhere'), { slug: 'not-found' })
})

test('a blocked event loop is overload, until it turns again', async (t) => {
  const app = await build(t, {
    thresholds: {
      first: { eventLoopDelayMs: 50 },
      middle: { eventLoopDelayMs: 50 },
      last: { eventLoopDelayMs: 50 },
    },
    sampleIntervalMs: 100,
  })
  const busy = setInterval(() => {
    const end = performance.now() + 150
    while (performance.now() < end);
  }, 1)
  try {
    await until(() => app.isOverloaded())
    assert.equal((await app.inject('/list')).statusCode, 503)
    assert.equal((await app.inject('/readyz')).statusCode, 200)
  } finally {
    clearInterval(busy)
  }
  // A busy machine may make it late once more.
  await until(async () => (await app.inject('/list')).statusCode === 200)
})

test('a single stall is not overload, two measurements of one are', async (t) => {
  const late = { eventLoopDelayMs: 100 }
  const app = await build(t, { thresholds: { first: late, middle: late, last: late } })
  const sound = { ...app.memoryUsage(), eventLoopDelay: 0 }
  const stalled = { ...sound, eventLoopDelay: 400 }
  let measured = 0
  const seen = new Set<boolean>()
  app.memoryUsage = () => {
    seen.add(app.isOverloaded('first'))
    return ++measured % 2 === 0 ? stalled : sound
  }
  await until(() => measured >= 20)
  assert.deepEqual(seen, new Set([false]))
  app.memoryUsage = () => stalled
  await until(() => app.isOverloaded())
})
