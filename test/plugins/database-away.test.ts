import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { ServiceSql } from '#plugins/database/pool.ts'
import { isUnavailable } from '#plugins/database/unavailable.ts'
import { createDatabase as createPool, type DatabaseOptions } from '#plugins/database.ts'
import { startTcpProxy } from '../chaos/tcp-proxy.ts'
import { closedPort } from '../dependencies/fake-server.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect as connectToShop, eventually, stock } from '../support/shop.ts'
import { execute } from '../support/statement.ts'

/** The contract's, and the time that a busy machine adds. */
const LONGEST_WAIT_MS = 10_000 + 2_000

describe('A database that is away', { concurrency: true }, () => {
  test('is waited for once, and then known to be: fifty more are told at once', async (t) => {
    const { pool, ask, knownToBeAway } = await connect(
      t,
      `postgres://nobody@127.0.0.1:${await closedPort()}/none`,
    )
    await knownToBeAway()
    const began = performance.now()
    for (let i = 0; i < 50; i++) await assertUnavailable(ask())
    // Each of them waited three seconds before it was known.
    assert.ok(performance.now() - began < 3_000)
    assert.deepEqual(pool.pool(), { size: 2, busy: 0, waiting: 0, refused: 0 })
  })

  test('is used again when it is back, without being asked to', async (t) => {
    const network = await throughProxy(t)
    const { ask, said, knownToBeAway } = await connect(t, network.url)
    await ask()
    network.target = await closedPort()
    network.proxy.cut(1, () => 0)
    await knownToBeAway()
    network.target = network.port
    await eventually('an answer', () => ask().then(() => true, isUnavailableOrThrow), LONGEST_WAIT_MS)
    assert.deepEqual(said, ['the database is away', 'the database is back'])
  })

  test('and one whose statement cannot even be put together are told apart, and that one keeps no connection', async (t) => {
    const { pool } = await connect(t, await createDatabase(t))
    for (let i = 0; i < 10; i++) {
      const failing = pool.query(() => {
        throw new RangeError('no value of ours')
      })
      await assert.rejects(failing, RangeError)
    }
    assert.deepEqual(pool.pool(), { size: 2, busy: 0, waiting: 0, refused: 0 })
    assert.equal((await pool.query((sql) => sql`select 1 as one`)).length, 1)
  })

  for (const [title, part] of [
    ['lets nobody in', 'username'],
    ['does not exist', 'pathname'],
  ] as const) {
    test(`or ${title}, is no different, and its own reason is told once`, async (t) => {
      const url = new URL(await createDatabase(t))
      url[part] = 'nobody_of_this_name'
      const { said, reasons, knownToBeAway, ask } = await connect(t, url.href)
      await knownToBeAway()
      await assertUnavailable(ask())
      assert.deepEqual(said, ['the database is away'])
      assert.match(String(reasons[0]), /"nobody_of_this_name"/)
    })
  }

  for (const [name, close, open] of [
    [
      'is closed',
      'alter database NAME allow_connections false',
      'alter database NAME allow_connections true',
    ],
    [
      'lets this role in no more',
      'revoke connect on database NAME from public',
      'grant connect on database NAME to public',
    ],
  ] as const) {
    test(`or ${name}, is no different, and used again when it is opened`, async (t) => {
      const [home, neighbour] = await Promise.all([createDatabase(t), createDatabase(t)])
      const url = new URL(home)
      const database = url.pathname.slice(1)
      const role = `${database}_visitor`
      await execute(neighbour, `create role ${role} login password 'visitor'`)
      try {
        Object.assign(url, { username: role, password: 'visitor' })
        const { ask, said, knownToBeAway } = await connect(t, url.href)
        await ask()
        await execute(neighbour, close.replace('NAME', database))
        await execute(
          neighbour,
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`,
        )
        await knownToBeAway()
        await execute(neighbour, open.replace('NAME', database))
        await eventually('an answer', () => ask().then(() => true, isUnavailableOrThrow), LONGEST_WAIT_MS)
        assert.deepEqual(said, ['the database is away', 'the database is back'])
      } finally {
        await execute(neighbour, `drop role ${role}`)
      }
    })
  }

  test('or refuses a statement for the same reasons, are told apart', async (t) => {
    const { pool } = await connect(t, await createDatabase(t))
    for (const work of [
      (sql: ServiceSql) => sql`do $$ begin raise sqlstate '42501'; end $$`,
      (sql: ServiceSql) => sql`do $$ begin raise sqlstate '55000'; end $$`,
    ])
      await assert.rejects(pool.query(work), (error) => !isUnavailable(error))
  })

  test('or is not there yet, is used as soon as it is', async (t) => {
    const neighbour = await createDatabase(t)
    const url = new URL(neighbour)
    const name = `${url.pathname.slice(1)}_restored`
    url.pathname = name
    const { ask } = await connect(t, url.href)
    await assertUnavailable(ask())
    await execute(neighbour, `create database ${name}`)
    try {
      await eventually('an answer', () => ask().then(() => true, isUnavailableOrThrow), LONGEST_WAIT_MS)
    } finally {
      await execute(neighbour, `drop database ${name} with (force)`)
    }
  })

  test('that falls silent is given up in time, and found again behind new connections', async (t) => {
    const network = await throughProxy(t)
    const { ask } = await connect(t, network.url)
    await ask()
    network.proxy.fallSilent()
    const began = performance.now()
    // More than the pool has connections: some wait for one that is never free again.
    const answers = await Promise.allSettled(Array.from({ length: 6 }, ask))
    assert.ok(performance.now() - began < LONGEST_WAIT_MS)
    for (const answer of answers) assert.ok(answer.status === 'rejected' && isUnavailable(answer.reason))
    network.proxy.speak()
    const back = performance.now()
    await eventually('an answer', () => ask().then(() => true, isUnavailableOrThrow), LONGEST_WAIT_MS)
    assert.ok(performance.now() - back < LONGEST_WAIT_MS)
    // As many as it has connections, all at once: the ones that fell silent hold up nobody.
    await Promise.all([ask(), ask()])
  })

  test('and where one connection alone falls silent, the others go on and nobody is refused', async (t) => {
    const network = await throughProxy(t)
    const { ask, said } = await connect(t, network.url, { poolSize: 4 })
    await ask()
    network.proxy.fallSilent()
    network.proxy.speak()
    let settled = false
    const silent = assertUnavailable(ask()).finally(() => {
      settled = true
    })
    while (!settled) await ask()
    await silent
    assert.deepEqual(said, [])
  })
})

test('A clock that is set back delays neither the end of a wait nor the news that the database is away', async (t) => {
  const network = await throughProxy(t)
  const { ask, knownToBeAway } = await connect(t, network.url)
  await ask()
  network.target = await closedPort()
  network.proxy.cut(1, () => 0)
  const began = performance.now()
  const underWay = assertUnavailable(ask())
  const wallClock = Date.now
  t.mock.method(Date, 'now', () => wallClock() - 60_000)
  await Promise.all([underWay, knownToBeAway()])
  assert.ok(performance.now() - began < LONGEST_WAIT_MS)
})

describe('Whatever moment a connection is reset in', { concurrency: true }, () => {
  test('no statement waits for an answer that will not come', async (t) => {
    const network = await throughProxy(t)
    const { ask, said } = await connect(t, network.url, { poolSize: 4 })
    for (let round = 0; round < 10; round++) {
      await Promise.all([ask(), ask(), ask(), ask()])
      network.proxy.cut(1, () => 0)
      const asked: Promise<unknown>[] = []
      // Between a socket's error and its close, and between a statement and its bytes, lies a turn of the event loop.
      for (let turn = 0; turn < 12; turn++) {
        asked.push(ask())
        await new Promise((resolve) => setImmediate(resolve))
      }
      await Promise.all(asked)
    }
    assert.deepEqual(said, [])
  })

  test('an answer to nothing is none, and the statement is sent again', async (t) => {
    const { pool } = await connect(t, await createDatabase(t))
    let sent = 0
    const answer = await pool.query<readonly unknown[]>(async (sql) =>
      ++sent === 1 ? Object.assign([], { command: null }) : await sql`select 1 as one`,
    )
    assert.deepEqual([sent, ...answer], [2, { one: 1 }])
  })
})

describe('What a statement may take', { concurrency: true }, () => {
  test('is bounded by the server, and it is told as unavailable', async (t) => {
    const { pool, toldBy } = await connect(t, await createDatabase(t))
    await toldBy(/statement timeout/, (sql) => sql`select pg_sleep(60)`)
    // The connection is free again, as the server gave the statement up.
    assert.equal(pool.pool().busy, 0)
  })

  test('for which the server has no disk or memory left is told as unavailable, and not sent again', async (t) => {
    const { pool } = await connect(t, await createDatabase(t))
    let sent = 0
    for (const work of [
      (sql: ServiceSql) => sql`do $$ begin raise sqlstate '53100'; end $$`,
      (sql: ServiceSql) => sql`do $$ begin raise sqlstate '53200'; end $$`,
    ]) {
      const asked = pool.query((sql) => {
        sent++
        return work(sql)
      })
      await assertUnavailable(asked)
    }
    assert.equal(sent, 2)
  })

  test('is bounded for a lock, too', async (t) => {
    const url = await createDatabase(t)
    const { toldBy } = await connect(t, url)
    const holder = connectToShop(t, url)
    await stock(holder, { desk: 1 })
    await holder.begin(async (sql) => {
      await sql`select from products for update`
      await toldBy(/lock timeout/, (other) => other`update products set stock = 2`)
    })
  })
})

/** A pool of two, what it said, and why. */
async function connect(t: TestContext, url: string, more: Partial<DatabaseOptions> = {}) {
  const said: string[] = []
  const reasons: unknown[] = []
  const warn = ({ err }: { err?: unknown }, message: string) => {
    said.push(message)
    reasons.push(err)
  }
  const pool = createPool({ url, poolSize: 2, log: { warn }, ...more })
  t.after(() => pool.close())
  const ask = () => pool.query((sql) => sql`select 1`)
  return {
    pool,
    said,
    reasons,
    ask,

    /** An attempt that takes until its deadline, as where this process stands still, is no news; the next one is. */
    knownToBeAway: () =>
      eventually('it to be known', async () => {
        await assertUnavailable(ask())
        return said.length > 0
      }),

    /** The server gives a statement up in time for this to be heard; not where this process stands still for a second. */
    toldBy: (why: RegExp, work: Parameters<typeof pool.query>[0]) =>
      eventually(`the server to tell of a ${why}`, async () => {
        // Else the time that it takes to connect is the statement's.
        await ask()
        const error = await pool.query(work).then(
          () => assert.fail('it was carried out'),
          (reason: unknown) => reason,
        )
        assert.ok(error instanceof Error && isUnavailable(error), String(error))
        return why.test(String(error.cause))
      }),
  }
}

async function throughProxy(t: TestContext) {
  const url = new URL(await createDatabase(t))
  const port = Number(url.port)
  const network = { target: port, port }
  const proxy = await startTcpProxy(t, () => network.target)
  url.port = String(proxy.port)
  return Object.assign(network, { url: url.href, proxy })
}

const assertUnavailable = (asked: Promise<unknown>) => assert.rejects(asked, isUnavailable)

function isUnavailableOrThrow(error: unknown): false {
  if (!isUnavailable(error)) throw error
  return false
}
