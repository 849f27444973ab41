import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { bodyOf, eventually } from '../support/shop.ts'
import { watchEvents } from './event-reader.ts'

suite('What an operator is told', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  const stats = async () => bodyOf(await fetch(`${shop.service.operations}/stats`))

  test('Before anything happened, everything has its place', async () => {
    // What was not read in time the first time stands as nothing at all.
    const { instance, version, at, uptimeSeconds, series, process, pool, health, ...rest } = await eventually(
      'queues and health to be read',
      async () => {
        const now = await stats()
        return now.queues.length > 0 && now.health.checks.database !== undefined && now
      },
    )
    assert.match(instance, new RegExp(`-${shop.service.process.pid}$`))
    assert.match(version, /^\d+\.\d+\.\d+/)
    assert.ok(Math.abs(Date.parse(at) - Date.now()) < 10_000 && Number.isInteger(uptimeSeconds))
    assert.equal(series.length, 60)
    assert.deepEqual(Object.keys(series[0]), ['at', 'requests', 'errors', 'avg', 'p50', 'p95', 'p99'])
    assert.deepEqual(Object.keys(process), [
      'eventLoopDelayP99Ms',
      'eventLoopUtilization',
      'heapUsedBytes',
      'rssBytes',
    ])
    assert.deepEqual(Object.keys(pool), ['size', 'used', 'idle', 'waiting'])
    assert.equal(health.checks.database.critical, true)
    const nothing = { failures: 0, successes: 0, rejects: 0, timeouts: 0, history: [] }
    const empty = {
      waiting: 0,
      active: 0,
      delayed: 0,
      dead: 0,
      lastDeadAt: null,
      oldestSeconds: 0,
      overdueSeconds: 0,
    }
    assert.deepEqual(rest, {
      windowSeconds: 3600,
      requests: 0,
      errorRate: 0,
      responseTimeMs: { avg: null, p50: null, p95: null, p99: null },
      circuits: ['payment', 'inventory', 'email'].map((name) => ({ name, state: 'closed', ...nothing })),
      queues: [
        'finish-order',
        'charge-order',
        'refund-order',
        'reserve-stock',
        'release-stock',
        'send-mail',
      ].map((name) => ({ name, ...empty })),
      deadLetters: 0,
      orders: { pending: 0, paid: 0, payment_pending: 0, payment_failed: 0, cancelled: 0 },
    })
  })

  test('What was really sent is counted: answers of every kind, but no probe and nothing of this listener', async () => {
    for (let i = 0; i < 3; i++) await shop.order()
    await shop.ask('GET', '/nowhere')
    await shop.ask('GET', '/orders', { token: 'no token' })
    for (const path of ['/livez', '/readyz', '/health']) await fetch(`${shop.service.api}${path}`)
    await fetch(`${shop.service.operations}/metrics`)
    const { requests, errorRate, responseTimeMs, orders, circuits } = await eventually(
      'the orders to be counted',
      async () => {
        const now = await stats()
        // A warehouse that was asked in vain for a second is asked again by a job.
        return now.orders.paid === 3 && now.circuits[1].successes === 3 && now
      },
    )
    assert.equal(requests, 5)
    assert.equal(errorRate, 0)
    assert.ok(responseTimeMs.p50 <= responseTimeMs.p99 && responseTimeMs.avg > 0)
    assert.equal(orders.pending, 0)
    assert.deepEqual(
      circuits.slice(0, 2).map(({ successes }: { successes: number }) => successes),
      [3, 3],
    )
  })

  test('A watcher hears at once, then every second, of what is asked once for all of them', async (t) => {
    const watchers = await Promise.all(
      [1, 2, 3].map(() => watchEvents(t, `${shop.service.operations}/events`)),
    )
    for (const { headers, events } of watchers) {
      assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('x-accel-buffering'), 'no')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      await eventually('four events', () => events.length >= 4)
    }
    const [first] = watchers
    const times = first?.events.map(({ at }) => Date.parse(at)) ?? []
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time))
    assert.ok(
      gaps.every((gap) => gap > 400),
      `no faster than it is made: ${gaps}`,
    )
    assert.deepEqual(Object.keys(first?.events[0] ?? {}).sort(), Object.keys(await stats()).sort())
    const heard = watchers.map(({ events }) => new Set(events.map(({ at }) => at)))
    assert.ok(
      [...(heard[0] ?? [])].some((at) => heard.every((others) => others.has(at))),
      'they hear the same',
    )
  })
})
