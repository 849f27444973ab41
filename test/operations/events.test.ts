import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fastify from 'fastify'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { createEventStream } from '#plugins/server-sent-events.ts'
import { openShop } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { format } from '../support/problem-app.ts'
import { startService } from '../support/service.ts'
import { bodyOf, eventually } from '../support/shop.ts'
import { watchEvents } from './event-reader.ts'
import { startOperations } from './operator-service.ts'
import { opsToken, sessionOf } from './operator-session.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** A stream of events on a socket of its own, as large as the test wants them. */
async function startEvents(t: TestContext, { bytes = 10, most = 100, everyMs = 20, readMs = 0 } = {}) {
  const ending = new AbortController()
  const made = { count: 0 }
  const events = createEventStream({
    event: 'stats',
    everyMs,
    most,
    signal: ending.signal,
    onError: (error) => assert.fail(String(error)),
    read: async () => {
      if (readMs > 0) await pause(readMs)
      return { at: new Date().toISOString(), number: ++made.count, filler: 'x'.repeat(bytes) }
    },
  })
  const app = fastify(problemServerOptions(format))
  await app.register(problemDetails, format)
  app.addHook('preClose', async () => events.close())
  app.get('/events', (request, reply) => events.watch(request, reply))
  t.after(async () => {
    ending.abort()
    await app.close()
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url: `${url}/events`, events, made, end: () => ending.abort() }
}

test('Nothing is made while nobody watches, and it begins anew with the next who does', async (t) => {
  const { url, events, made } = await startEvents(t)
  const first = await watchEvents(t, url)
  await eventually('some events', () => first.events.length > 3)
  first.leave()
  await eventually('nobody to watch', () => events.watchers() === 0)
  const before = made.count
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal(made.count, before)
  const second = await watchEvents(t, url)
  await eventually('some events', () => second.events.length > 3)
  assert.ok(made.count > before)
})

test('No watcher is told of an event twice, where one takes long to make and where somebody comes between two', async (t) => {
  const { url } = await startEvents(t, { everyMs: 200, readMs: 150 })
  const first = await watchEvents(t, url)
  await eventually('an event', () => first.events.length > 0)
  await pause(100)
  const second = await watchEvents(t, url)
  await eventually('some events', () => first.events.length > 5 && second.events.length > 5)
  for (const { events } of [first, second])
    assert.equal(new Set(events.map(({ at }) => at)).size, events.length)
})

test('One more than may watch is refused, until one leaves', async (t) => {
  const { url, events } = await startEvents(t, { most: 3 })
  const watchers = await Promise.all([1, 2, 3].map(() => watchEvents(t, url)))
  const refused = { slug: 'service-unavailable', headers: { 'retry-after': '10' } } as const
  const answer = await fetch(url)
  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('retry-after'), refused.headers['retry-after'])
  assert.match((await bodyOf(answer)).type, /service-unavailable$/)
  watchers[0]?.leave()
  await eventually('one to have left', () => events.watchers() === 2)
  await watchEvents(t, url)
})

test('A watcher who does not read costs no more memory the longer it does not, and holds up nobody', async (t) => {
  const { url, events, made, end } = await startEvents(t, { bytes: 1_000_000, everyMs: 5 })
  const { hostname, port } = new URL(url)
  const sleeper: Socket = connect(Number(port), hostname)
  t.after(async () => void sleeper.destroy())
  sleeper.pause()
  sleeper.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  const reader = await watchEvents(t, url)
  await eventually('it to have missed some', () => reader.events.length > 20)
  const memory = () => {
    collectGarbage()
    const { heapUsed, arrayBuffers, external } = process.memoryUsage()
    return heapUsed + arrayBuffers + external
  }
  reader.events.length = 0
  const [before, madeBefore] = [memory(), made.count]
  await eventually('sixty more', () => {
    reader.events.length = 0
    return made.count > madeBefore + 60
  })
  assert.ok(memory() - before < 30_000_000, `${memory() - before} bytes more, of 60 MB that it did not read`)
  end()
  await eventually('both to be gone', () => events.watchers() === 0)
})

test('A HEAD says what a GET would get, and ends', async (t) => {
  const { url } = await startEvents(t)
  const answer = await fetch(url, { method: 'HEAD' })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(await answer.text(), '')
})

test('Whoever watches, asks or scrapes needs the token', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  for (const path of ['/stats', '/events', '/metrics']) {
    await assertProblem(await fetch(`${url}${path}`), { slug: 'unauthorized' })
  }
  const { events } = await watchEvents(t, `${url}/events`, { authorization: `Bearer ${opsToken}` })
  await eventually('an event', () => events.length > 0)
})

test('While the database is away statistics and metrics are told all the same, at once, and health says it', async (t) => {
  const { url, line } = await startOperations(t)
  const before = await eventually('the queues to be read', async () => {
    const now = await bodyOf(await fetch(`${url}/stats`))
    return now.queues.length === 6 && now
  })
  line.cut()
  const { events } = await watchEvents(t, `${url}/events`)
  const beganAt = performance.now()
  const answer = await fetch(`${url}/stats`)
  assert.equal(answer.status, 200)
  const { queues, orders } = await bodyOf(answer)
  assert.ok(performance.now() - beganAt < 2_000)
  assert.deepEqual(queues, before.queues)
  assert.deepEqual(orders, before.orders)
  assert.equal((await fetch(`${url}/metrics`)).status, 200)
  await eventually('three events', () => events.length > 2)
})

test('Who watches by a session is sent off when it ends, and is told 401 from then on', async (t) => {
  const { url } = await startOperations(t, { opsToken })
  const headers = { cookie: sessionOf(5) }
  const watcher = await watchEvents(t, `${url}/events`, headers)
  const byToken = await watchEvents(t, `${url}/events`, { authorization: `Bearer ${opsToken}` })
  await eventually('an event', () => watcher.events.length > 0)
  assert.equal(await Promise.race([watcher.ended, pause(15_000, 'watches on', { ref: false })]), 'ended')
  await assertProblem(await fetch(`${url}/events`, { headers }), { slug: 'unauthorized' })
  byToken.events.length = 0
  await eventually('events for who needs no session', () => byToken.events.length > 1)
})

test('Watchers do not hold up the end of the process, and hear of it', async (t) => {
  const shop = await openShop(t)
  const watchers = await Promise.all([1, 2].map(() => watchEvents(t, `${shop.service.operations}/events`)))
  for (const { events } of watchers) await eventually('an event', () => events.length > 0)
  const beganAt = performance.now()
  assert.equal(await shop.service.stop(), 0)
  assert.ok(performance.now() - beganAt < 10_000)
  for (const { ended } of watchers) assert.equal(await ended, 'ended')
})

test('Without a database the first answer is empty, in its form, and says that the service is unhealthy', async (t) => {
  const away = 'http://127.0.0.1:9'
  const service = await startService(t, {
    databaseUrl: 'postgres://holdfast@127.0.0.1:9/none',
    paymentUrl: away,
    inventoryUrl: away,
  })
  const stats = await bodyOf(await fetch(`${service.operations}/stats`))
  assert.deepEqual(stats.queues, [])
  assert.deepEqual(stats.orders, { pending: 0, paid: 0, payment_pending: 0, payment_failed: 0, cancelled: 0 })
  const { health } = await eventually('health to say so', async () => {
    const now = await bodyOf(await fetch(`${service.operations}/stats`))
    return now.health.checks.database?.status === 'down' && now
  })
  assert.equal(health.status, 'unhealthy')
})
