import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { type CheckResult, createHealth, type HealthSources, health } from '#plugins/health.ts'

const up = { critical: false, check: () => ({ status: 'up' }) as const }

async function build(t: TestContext, sources: Partial<HealthSources> = {}) {
  t.mock.method(process, 'uptime', () => 5.9)
  const app = Fastify()
  await app.register(health, {
    health: createHealth({
      version: '1.2.3',
      checks: { database: { ...up, critical: true }, email: up },
      readiness: () => null,
      isShuttingDown: () => false,
      ...sources,
    }),
  })
  t.after(() => app.close())
  return app
}

test('what is live answers at once and asks nobody', async (t) => {
  const app = await build(t, {
    checks: { database: { critical: true, check: () => assert.fail('asked') } },
    readiness: () => assert.fail('asked'),
  })
  const response = await app.inject('/livez')
  assert.equal(response.statusCode, 200)
  assert.deepEqual(response.json(), { status: 'live' })
})

test('every probe answers HEAD, is plain JSON, and is never stored, at 200 and at 503', async (t) => {
  const sound = await build(t)
  const ill = await build(t, {
    readiness: () => 'the schema is behind',
    checks: { database: { critical: true, check: () => ({ status: 'down' }) } },
  })
  for (const [app, status] of [
    [sound, 200],
    [ill, 503],
  ] as const) {
    for (const url of ['/readyz', '/health', '/livez']) {
      for (const method of ['GET', 'HEAD'] as const) {
        const response = await app.inject({ method, url })
        assert.equal(response.statusCode, url === '/livez' ? 200 : status)
        assert.equal(response.headers['cache-control'], 'no-store')
        assert.match(String(response.headers['content-type']), /^application\/json(;|$)/)
        assert.equal(response.body === '', method === 'HEAD')
      }
    }
  }
})

test('what is not ready says why', async (t) => {
  const app = await build(t, { readiness: async () => 'the database is away' })
  const response = await app.inject('/readyz')
  assert.equal(response.statusCode, 503)
  assert.deepEqual(response.json(), { status: 'unready', reason: 'the database is away' })
})

test('shutting down is told at once, although the last result would still be shared', async (t) => {
  let shuttingDown = false
  const app = await build(t, { isShuttingDown: () => shuttingDown, shareMs: 60_000 })
  assert.equal((await app.inject('/readyz')).statusCode, 200)
  shuttingDown = true
  assert.deepEqual((await app.inject('/readyz')).json(), { status: 'unready', reason: 'shutting down' })
})

test('shutting down is told by a probe that was waiting when it began', async (t) => {
  let shuttingDown = false
  const readiness = () => {
    shuttingDown = true
    return null
  }
  const app = await build(t, { isShuttingDown: () => shuttingDown, readiness })
  assert.equal((await app.inject('/readyz')).statusCode, 503)
})

const cases: [string, CheckResult, boolean, number, string][] = [
  ['everything up', { status: 'up' }, true, 200, 'healthy'],
  ['an optional dependency down', { status: 'down', detail: 'refused' }, false, 200, 'degraded'],
  ['a critical dependency degraded', { status: 'degraded', latencyMs: 900 }, true, 200, 'degraded'],
  ['a breaker that is open', { status: 'up', circuit: 'open' }, false, 200, 'degraded'],
  ['a breaker that is half-open', { status: 'up', circuit: 'half-open' }, false, 200, 'degraded'],
  ['a breaker that is closed', { status: 'up', circuit: 'closed' }, false, 200, 'healthy'],
  ['a critical dependency down', { status: 'down' }, true, 503, 'unhealthy'],
]
for (const [what, result, critical, statusCode, status] of cases) {
  test(`${what} is ${status}`, async (t) => {
    const app = await build(t, { checks: { one: { critical, check: () => result }, email: up } })
    const response = await app.inject('/health')
    assert.equal(response.statusCode, statusCode)
    assert.deepEqual(response.json(), {
      status,
      checks: { one: { critical, ...result }, email: { status: 'up', critical: false } },
      version: '1.2.3',
      uptimeSeconds: 5,
    })
  })
}

test('a clock that is set an hour back or forward changes nothing of how long the process has been up', async (t) => {
  const app = await build(t)
  const upAt = async (time: number) => {
    t.mock.method(Date, 'now', () => time)
    return (await app.inject('/health')).json().uptimeSeconds
  }
  const now = Date.now()
  assert.deepEqual([await upAt(now - 3_600_000), await upAt(now + 3_600_000)], [5, 5])
})

test('a check that throws is down, and its error reaches the log only, once until it changes', async (t) => {
  const errors: Error[] = []
  let message = 'connect ECONNREFUSED db.internal:5432'
  const check = () => {
    throw new Error(message)
  }
  const app = await build(t, {
    checks: { database: { critical: true, check } },
    onError: (error) => errors.push(error),
    shareMs: 0,
  })
  const response = await app.inject('/health')
  assert.equal(response.statusCode, 503)
  assert.doesNotMatch(response.body, /ECONN|internal/)
  await app.inject('/health')
  assert.equal(errors.length, 1)
  message = 'something else'
  await app.inject('/health')
  assert.deepEqual(
    errors.map(({ cause }) => String(cause)),
    ['Error: connect ECONNREFUSED db.internal:5432', 'Error: something else'],
  )
})

test('readiness that throws or hangs is not ready', async (t) => {
  const throws = await build(t, { readiness: () => Promise.reject(new Error('select 1 failed')) })
  assert.deepEqual((await throws.inject('/readyz')).json(), {
    status: 'unready',
    reason: 'the readiness check failed',
  })
  const hangs = await build(t, { readiness: () => new Promise(() => {}), timeoutMs: 20 })
  assert.equal((await hangs.inject('/readyz')).json().reason, 'no answer within 20 ms')
})
