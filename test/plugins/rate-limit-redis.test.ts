import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { before, describe, test } from 'node:test'
import { createRedisStore } from '#plugins/rate-limit.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import type { Lifetime } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { startRedis } from '../support/redis.ts'
import { eventually } from '../support/shop.ts'

const WINDOW_MS = 60_000
const now = Date.UTC(2027, 0, 1, 12)

/** For a Redis that answers: on a busy machine that may take longer than usually allowed, and is not the point. */
const PATIENT = { deadlineMs: 5_000 }

/** A store as an instance has it, with what it logged. */
function openStore(
  lifetime: Lifetime,
  url: string,
  setting: { prefix?: string; deadlineMs?: number } = PATIENT,
) {
  const logged: string[] = []
  const store = createRedisStore({
    url,
    prefix: 'test:',
    ...setting,
    probeEveryMs: 50,
    log: {
      info: (message) => void logged.push(message),
      warn: ({ reason }, message) => void logged.push(`${message} (${reason})`),
    },
  })
  lifetime.after(() => store.close())
  const count = (key: string) => store.count(key, WINDOW_MS, now)
  return {
    logged,
    close: store.close,
    count,
    /** While it shares, it answers with a promise; alone it answers at once. */
    isShared: () => count('looking') instanceof Promise,
    shared: () => eventually('counting in Redis', () => count('looking') instanceof Promise),
    alone: () => eventually('counting alone', () => !(count('looking') instanceof Promise)),
  }
}

/**
 * Whether something takes longer than so many milliseconds. Both are timers of one loop, so a machine that is busy delays
 * both, and not the answer alone.
 */
const takesLonger = (ms: number, answer: unknown) =>
  Promise.race([
    Promise.resolve(answer).then(() => false),
    new Promise((resolve) => setTimeout(() => setImmediate(() => setImmediate(resolve, true)), ms)),
  ])

describe('Requests counted in Redis', needs('redis-server'), () => {
  const lifetime = lifetimeOfSuite()
  let redis: Awaited<ReturnType<typeof startRedis>>
  before(async () => {
    redis = await startRedis(lifetime)
  })

  test('are counted by all instances together, each once, however many come at once', async (t) => {
    const stores = [
      openStore(t, redis.url, { ...PATIENT, prefix: 'many:' }),
      openStore(t, redis.url, { ...PATIENT, prefix: 'many:' }),
    ]
    for (const store of stores) await store.shared()
    const counts = await Promise.all(
      stores.flatMap(({ count }) => Array.from({ length: 50 }, () => count('p:ann'))),
    )
    assert.deepEqual(
      counts.map(({ count }) => count).toSorted((one, other) => one - other),
      Array.from({ length: 100 }, (_, at) => at + 1),
    )
    assert.ok(counts.every(({ resetsAt }) => resetsAt > now && resetsAt <= now + WINDOW_MS))
  })

  test('leave nothing behind that says who they were of, or that stays', async (t) => {
    const store = openStore(t, redis.url, { ...PATIENT, prefix: 'traces:' })
    await store.shared()
    await store.count('p:ann@example.com')
    const client = redis.connect()
    const keys = await client.keys('traces:*')
    assert.ok(keys.length >= 2)
    for (const key of keys) {
      assert.match(key, /^traces:(?:[\w-]{22}|probe)$/)
      const left = await client.pttl(key)
      assert.ok(left === -2 || (left > 0 && left <= WINDOW_MS), `${key}: ${left}`)
    }
  })

  test('begin a new window where the old one has no end, or ends later than it can', async (t) => {
    const store = openStore(t, redis.url, { ...PATIENT, prefix: 'windows:' })
    await store.shared()
    const client = redis.connect()
    for (const spoil of [
      (key: string) => client.persist(key),
      (key: string) => client.pexpire(key, 10 * WINDOW_MS),
    ]) {
      await store.count('p:ann')
      for (const key of await client.keys('windows:*')) await spoil(key)
      const { resetsAt } = await store.count('p:ann')
      assert.equal(resetsAt, now + WINDOW_MS)
    }
  })

  test('do not wait for a Redis that hangs: one moment at most, and then not at all', async (t) => {
    const own = await startRedis(t)
    const store = openStore(t, own.url, {})
    await store.shared()
    own.hang()
    const first = Array.from({ length: 20 }, () => store.count('p:ann'))
    assert.equal(await takesLonger(50, Promise.all(first)), false)
    assert.equal((await first[0])?.count, 1, 'its own count goes on')
    assert.equal((await first[19])?.count, 20)
    // With a promise it would have asked again.
    assert.deepEqual(store.count('p:ann'), { count: 21, resetsAt: now + WINDOW_MS })
    assert.match(store.logged.at(-1) ?? '', /no answer within 25 ms/)
    own.wake()
    await store.shared()
  })

  test('are counted by each instance from what it has seen while Redis is dead, and together when it is back', async (t) => {
    const own = await startRedis(t)
    const store = openStore(t, own.url)
    await store.shared()
    assert.equal((await store.count('p:ann')).count, 1)
    await own.kill()
    // At once: it would wait for five.
    assert.equal(await takesLonger(2_000, store.count('p:ann')), false)
    assert.deepEqual(store.count('p:ann'), { count: 3, resetsAt: now + WINDOW_MS })
    await own.start()
    await store.shared()
    assert.equal((await store.count('p:ann')).count, 1, 'what it had kept in memory is gone')
    assert.deepEqual(
      store.logged.map((line) => line.replace(/ \(.*/, '')),
      [
        'requests are counted in Redis, for all instances together',
        'Redis does not count: each instance counts requests by itself',
        'requests are counted in Redis, for all instances together',
      ],
    )
  })

  test('do not wait for a Redis that is slow', async (t) => {
    // Later than this process ever stands still: what is there by then would be in time.
    const store = openStore(t, await startSlowly(t, redis.port, 20_000), {})
    await eventually('a look at it', () => store.logged.length > 0)
    assert.equal(store.logged.length, 1)
    assert.match(store.logged[0] ?? '', /no answer within 25 ms/)
    assert.equal(store.isShared(), false)
  })

  test('are not left to a Redis that answers, but may not write', async (t) => {
    const own = await startRedis(t)
    const client = own.connect()
    const store = openStore(t, own.url)
    await store.shared()
    // Port 9 discards: it waits for a primary that is not there.
    await client.replicaof('127.0.0.1', 9)
    await store.alone()
    await eventually('a look or two at it', async () =>
      /eval:calls=(?:[4-9]|\d\d)/.test(await client.info('commandstats')),
    )
    assert.equal(store.isShared(), false)
    assert.match(store.logged.at(-1) ?? '', /refused: (?:READONLY|ERR)/)
    await client.replicaof('NO', 'ONE')
    await store.shared()
  })

  test('never write a password into the log', async (t) => {
    const own = await startRedis(t, '--requirepass', 'right')
    const wrong = openStore(t, own.url.replace('//', '//:hunter2@'))
    await eventually('a refusal', () => wrong.logged.length > 0)
    assert.match(wrong.logged.join(), /WRONGPASS/)
    assert.doesNotMatch(wrong.logged.join(), /hunter2/)
    const right = openStore(t, own.url.replace('//', '//:right@'))
    await right.shared()
    // It repeats what it does not understand.
    const plain = await startRedis(t, '--rename-command', 'AUTH', '')
    const named = openStore(t, plain.url.replace('//', '//shop:hunter2@'))
    await eventually('a refusal', () => named.logged.length > 0)
    assert.match(named.logged.join(), /each instance counts requests by itself \(refused: ERR\)/)
  })

  test('are counted in memory by an instance that has closed its connection', async (t) => {
    const own = await startRedis(t)
    const store = openStore(t, own.url)
    await store.shared()
    const client = own.connect()
    const connections = async () =>
      String(await client.client('LIST'))
        .trim()
        .split('\n').length
    assert.equal(await connections(), 2)
    await store.close()
    assert.equal(store.isShared(), false)
    await eventually('one connection less', async () => (await connections()) === 1)
    assert.equal(store.logged.length, 1)
  })
})

/** In front of a port: what comes back comes late. @returns its URL */
async function startSlowly(lifetime: Lifetime, port: number, delayMs: number): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port })
    for (const socket of [near, far]) sockets.add(socket.on('error', () => socket.destroy()))
    near.pipe(far)
    far.on('data', (bytes) => setTimeout(() => near.write(bytes), delayMs).unref())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  lifetime.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `redis://127.0.0.1:${address.port}`
}
