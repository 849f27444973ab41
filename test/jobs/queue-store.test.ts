import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { createQueueStore } from '#src/jobs/queue-store.ts'
import { QUEUES } from '#src/jobs/queues.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, eventually } from '../support/shop.ts'

test('The depths of the queues are those of what waits, is under way, is put off and is dead', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const pool = createPool({ url: databaseUrl, poolSize: 1 })
  t.after(() => pool.close())
  const { depths } = createQueueStore(pool)
  const empty = {
    waiting: 0,
    active: 0,
    delayed: 0,
    dead: 0,
    lastDeadAt: null,
    oldestSeconds: 0,
    overdueSeconds: 0,
  }
  assert.deepEqual(
    await depths(),
    QUEUES.map((name) => ({ name, ...empty })),
  )

  await sql`
    insert into pgboss.job (name, state, start_after, created_on)
    values ('charge-order', 'created', now() - interval '10 seconds', now()),
           ('charge-order', 'retry', now() - interval '90 seconds', now()),
           ('charge-order', 'retry', now() + interval '5 minutes', now() - interval '4 minutes'),
           ('charge-order', 'created', now() + interval '1 minute', now()),
           ('charge-order', 'active', now() - interval '1 hour', now()),
           ('charge-order', 'completed', now() - interval '2 hours', now()),
           ('charge-order', 'failed', now() - interval '2 hours', now()),
           ('charge-order', 'cancelled', now() - interval '2 hours', now()),
           ('charge-order-dead', 'created', now() - interval '2 hours', now()),
           ('charge-order-dead', 'created', now() - interval '3 hours', now() - interval '1 hour'),
           ('charge-order-dead', 'completed', now() - interval '3 hours', now()),
           ('send-mail-dead', 'created', now(), now()),
           ('refund-order', 'active', now(), now())
  `
  const found = await depths()
  assert.deepEqual(
    found.map(({ name }) => name),
    [...QUEUES],
  )
  const [charge, refund, mail] = ['charge-order', 'refund-order', 'send-mail'].map((queue) =>
    found.find(({ name }) => name === queue),
  )
  assert.ok(charge !== undefined)
  const { oldestSeconds, overdueSeconds, lastDeadAt, ...counts } = charge
  assert.deepEqual(counts, { name: 'charge-order', waiting: 2, active: 1, delayed: 2, dead: 2 })
  assert.ok(overdueSeconds >= 90 && overdueSeconds < 150, `${overdueSeconds}`)
  assert.ok(Math.abs(Date.now() - Number(lastDeadAt)) < 60_000, String(lastDeadAt))
  assert.ok(oldestSeconds >= 240 && oldestSeconds < 300, `${oldestSeconds}`)
  assert.deepEqual({ ...refund, oldestSeconds: 0 }, { name: 'refund-order', ...empty, active: 1 })
  assert.ok(mail !== undefined)
  assert.deepEqual({ ...mail, lastDeadAt: null }, { name: 'send-mail', ...empty, dead: 1 })
})

test('No job has waited for less than no time, whatever became of the clock', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const pool = createPool({ url: databaseUrl, poolSize: 1 })
  t.after(() => pool.close())
  await sql`insert into pgboss.job (name, start_after, created_on)
            values ('charge-order', now() + interval '1 hour', now() + interval '1 hour')`
  const charge = (await createQueueStore(pool).depths()).find(({ name }) => name === 'charge-order')
  assert.ok(charge !== undefined)
  const { delayed, oldestSeconds, overdueSeconds } = charge
  assert.deepEqual(
    { delayed, oldestSeconds, overdueSeconds },
    { delayed: 1, oldestSeconds: 0, overdueSeconds: 0 },
  )
})

test('Asking for the depths reads nothing of what is finished', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  await sql`
    insert into pgboss.job (name, state, completed_on)
    select 'send-mail', 'completed', now() from generate_series(1, 20_000)
  `
  await sql`insert into pgboss.job (name) select 'charge-order' from generate_series(1, 10)`
  await sql`insert into pgboss.job (name, state) select 'send-mail', 'active' from generate_series(1, 10)`
  await sql`vacuum analyze pgboss.job_common`
  await sql`select pg_stat_reset()`
  const pool = createPool({ url: databaseUrl, poolSize: 1 })
  const { depths } = createQueueStore(pool)
  // Often enough that the driver's statement has its lasting plan.
  for (let times = 0; times < 10; times++) await depths()
  await pool.close()

  // A server process reports what it read when it ends, at the latest.
  const read = await eventually('the reading to be counted', async () => {
    const [table] = await sql<{ scans: number; rows: number; scansOfIndexes: number }[]>`
      select seq_scan::int as scans, (seq_tup_read + idx_tup_fetch)::int as rows, idx_scan::int as "scansOfIndexes"
      from pg_stat_user_tables where relname = 'job_common'`
    return table !== undefined && table.scans + table.scansOfIndexes > 0 && table
  })
  assert.equal(read.scans, 0)
  assert.ok(read.rows <= 200, `ten times twenty unfinished jobs, and not ${read.rows}`)
})
