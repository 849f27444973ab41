import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import type { Sql } from 'postgres'
import { createDatabase as createPool, type Database } from '#plugins/database.ts'
import type { DeadLetter } from '#src/jobs/dead-letter.ts'
import { createDeadLetterAlerts } from '#src/jobs/dead-letter-alerts.ts'
import { createDeadLetterStore } from '#src/jobs/dead-letter-store.ts'
import { startTcpProxy } from '../chaos/tcp-proxy.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, eventually } from '../support/shop.ts'
import { bury } from './bury.ts'

const data = { orderId: '01890a5d-ac96-774b-bcce-b302099a8057', requestId: 'the-request' }

test('Each dead letter is told of once, at error, however many look for it, and counted by its queue', async (t) => {
  const { sql, watch } = await start(t)
  const watchers = [watch(), watch(), watch()]
  const ids = []
  for (let n = 0; n < 250; n++) ids.push(await bury(sql, { data, output: { reason: 'why' } }))
  ids.push(await bury(sql, { queue: 'send-mail', output: { value: { message: 'job heartbeat timeout' } } }))
  await Promise.all(watchers.map(({ alerts }) => alerts.look()))
  await Promise.all(watchers.map(({ alerts }) => alerts.look()))

  const lines = watchers.flatMap((watcher) => watcher.lines)
  assert.deepEqual(lines.map(({ deadLetter }) => deadLetter).sort(), ids.sort())
  assert.ok(lines.every(({ level, msg }) => level === 50 && msg === 'a job is dead'))
  const [charge] = lines.filter(({ queue }) => queue === 'charge-order')
  assert.ok(typeof charge?.jobId === 'string')
  assert.equal(charge.orderId, 'ord_01h455vb4pex5vsknk084sn02q')
  assert.equal(charge.requestId, 'the-request')
  assert.equal(charge.reason, 'why')
  assert.equal(charge.attempts, 15)
  const mail = lines.find(({ queue }) => queue === 'send-mail')
  assert.match(String(mail?.reason), /worker died/)
  const sum = (queue: 'charge-order' | 'send-mail' | 'refund-order') =>
    watchers.reduce((total, { counted }) => total + counted.filter((one) => one === queue).length, 0)
  assert.deepEqual([sum('charge-order'), sum('send-mail'), sum('refund-order')], [250, 1, 0])
})

test('A dead letter is told of, and decided about, also when the reply to the statement was lost', async (t) => {
  const { sql, pool, watch } = await start(t)
  const sentTwice: Pick<Database, 'query'> = {
    async query(work) {
      let first = true
      return await pool.query(async (connection) => {
        if (first) await work(connection)
        first = false
        return await work(connection)
      })
    },
  }
  const [redriven, discarded] = [await bury(sql, { data }), await bury(sql, { data })]
  const { alerts, lines } = watch(sentTwice)
  await alerts.look()
  assert.deepEqual(lines.map(({ deadLetter }) => deadLetter).sort(), [redriven, discarded].sort())

  const store = createDeadLetterStore(sentTwice)
  assert.equal((await store.redrive(redriven, 'somebody'))?.id, redriven)
  assert.equal((await store.discard(discarded, 'somebody'))?.id, discarded)
  // The mark of one decision is no other's.
  assert.equal(await store.redrive(redriven, 'somebody'), null)
  assert.equal(await store.discard(redriven, 'somebody'), null)
  const jobs = await sql`select id, state from pgboss.job where name = 'charge-order'`
  assert.deepEqual([...jobs], [{ id: redriven, state: 'created' }])
  const kept = await sql`
    select state, output ->> 'decision' as decision, output ->> 'operator' as operator from pgboss.job
    where name = 'charge-order-dead' order by state`
  assert.deepEqual(
    [...kept],
    [
      { state: 'completed', decision: 'redriven', operator: 'somebody' },
      { state: 'cancelled', decision: 'discarded', operator: 'somebody' },
    ],
  )
})

test('The same while the first statement is still under way', async (t) => {
  const { sql, watch, unreliable } = await start(t)
  const { alerts, lines } = watch(unreliable.pool)
  const store = createDeadLetterStore(unreliable.pool)
  const letter = await bury(sql, { data })
  await sql`create function wait() returns trigger language plpgsql
    as 'begin perform pg_advisory_xact_lock(1); return new; end'`
  await sql`create trigger waiting before update on pgboss.job for each row execute function wait()`

  for (const [work, check] of [
    [
      () => alerts.look(),
      () =>
        assert.deepEqual(
          lines.map(({ deadLetter }) => deadLetter),
          [letter],
        ),
    ],
    [() => store.redrive(letter, 'somebody'), (redriven: unknown) => assert.ok(redriven !== null)],
  ] as const) {
    const { promise: held, resolve: hold } = Promise.withResolvers<void>()
    const { promise: end, resolve: goOn } = Promise.withResolvers<void>()
    const holding = sql.begin(async (session) => {
      await session`select pg_advisory_xact_lock(1)`
      hold()
      await end
    })
    await held
    const working = work()
    await waiting(sql, 1)
    unreliable.cut()
    await waiting(sql, 2)
    goOn()
    await holding
    check(await working)
  }
})

/** Until so many statements wait for a lock. */
const waiting = (sql: Sql, count: number) =>
  eventually(`${count} to wait`, async () => {
    const [row] = await sql`select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    return row?.n === count
  })

async function start(t: TestContext) {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const pool = createPool({ url: databaseUrl, poolSize: 4 })
  t.after(() => pool.close())
  const url = new URL(databaseUrl)
  const target = Number(url.port)
  const proxy = await startTcpProxy(t, () => target)
  url.port = String(proxy.port)
  const behind = createPool({ url: url.href, poolSize: 1 })
  t.after(() => behind.close())
  return {
    sql,
    pool,
    /** A pool whose connections can be lost at once; the server does not hear of it before it answers. */
    unreliable: { pool: behind, cut: () => void proxy.cut(1, () => 0) },
    watch(database: Pick<Database, 'query'> = pool) {
      const lines: Record<string, unknown>[] = []
      const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
      const counted: string[] = []
      const onDeadLetter = ({ queue }: DeadLetter) => void counted.push(queue)
      const store = createDeadLetterStore(database)
      return { lines, counted, alerts: createDeadLetterAlerts({ store, log, onDeadLetter }) }
    },
  }
}
