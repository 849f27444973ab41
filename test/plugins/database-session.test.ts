import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, type TestContext, test } from 'node:test'
import { Pool } from 'pg'
import { createDatabase as createPool } from '#plugins/database.ts'
import { connectionTo } from '#plugins/job-queue/connection.ts'
import type { JobOutcome } from '#plugins/job-queue.ts'
import { migrate } from '#src/database/migrate.ts'
import { startPgBouncer } from '../machines/pgbouncer.ts'
import { createDatabase, type Lifetime } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { eventually } from '../support/shop.ts'
import { execute } from '../support/statement.ts'
import { startWorker } from './queue-worker.ts'

test('Times are read as they are, whatever style the database writes them in', async (t) => {
  await assertReadsTimes(t, await createGermanDatabase(t))
})

test('also behind PgBouncer, which refuses other settings', needs('pgbouncer'), async (t) => {
  await assertReadsTimes(t, await startPgBouncer(t, await createGermanDatabase(t)))
})

test('and a job that an open circuit refused is put off there, and uses none of its attempts up', async () => {
  const worker = await startWorker({ databaseUrl: await createGermanDatabase({ after }) })
  const id = randomUUID()
  await worker.enqueue('charge-order', {
    [id]: async () => ({ kind: 'retry', reason: 'circuit open', counts: false }),
  })
  const job = await eventually('the refusal', async () => {
    const found = await worker.find(id)
    return found.state === 'retry' && found
  })
  assert.deepEqual([job.output, job.retry_limit], [{ reason: 'circuit open' }, 15])
})

test('Where the database isolates transactions more, statements are as they were written for', async (t) => {
  const url = await createSerializableDatabase(t)
  assert.deepEqual(await isolationsAt(t, url), ['read committed', 'read committed'])
})

test('and what was done is written down, also while another writes to the same row', async () => {
  const worker = await startWorker({ databaseUrl: await createSerializableDatabase({ after }) })
  const id = randomUUID()
  const ending = Promise.withResolvers<JobOutcome>()
  let begun = 0
  await worker.enqueue('send-mail', {
    [id]: () => {
      begun++
      return ending.promise
    },
  })
  await eventually('the job', () => begun === 1)
  await worker.sql.begin(async (sql) => {
    await sql`update pgboss.job set heartbeat_on = now() where id = ${id}`
    ending.resolve({ kind: 'done' })
    await eventually('its end to wait', async () => {
      const [waiting] = await sql`select from pg_stat_activity
        where datname = current_database() and application_name = 'holdfast-jobs' and wait_event_type = 'Lock'`
      return waiting !== undefined
    })
  })
  // Long before its heartbeat is missed, when it would run again.
  await eventually('its end', async () => (await worker.find(id)).state === 'completed', 5_000)
  assert.equal(begun, 1)
})

test(
  'but behind PgBouncer that is up to the role, and requests and jobs go on',
  needs('pgbouncer'),
  async (t) => {
    const url = await startPgBouncer(t, await createSerializableDatabase(t))
    assert.deepEqual(await isolationsAt(t, url), ['serializable', 'serializable'])
    assert.deepEqual(await migrate(url), [])
  },
)

const createGermanDatabase = (lifetime: Lifetime) => createDatabaseWith(lifetime, `datestyle = 'German'`)

const createSerializableDatabase = (lifetime: Lifetime) =>
  createDatabaseWith(lifetime, `default_transaction_isolation = 'serializable'`)

async function createDatabaseWith(lifetime: Lifetime, setting: string): Promise<string> {
  const url = await createDatabase(lifetime)
  const name = new URL(url).pathname.slice(1)
  await execute(url, `alter database ${name} set ${setting}`)
  return url
}

/** Of a request's connection, and of a job's. */
async function isolationsAt(t: TestContext, url: string) {
  const pool = createPool({ url, poolSize: 1 })
  t.after(() => pool.close())
  const rows = [
    await pool.query((sql) => sql.unsafe('show transaction_isolation')),
    await askAsJobsDo(url, 'show transaction_isolation'),
  ]
  return rows.map(([row]) => row?.transaction_isolation)
}

/** Twice where a pooler turned the first connection away. */
async function askAsJobsDo(url: string, statement: string) {
  const pool = new Pool({ ...connectionTo(() => url), max: 1 })
  const ask = () => pool.query(statement)
  const { rows } = await ask().catch(ask)
  await pool.end()
  return rows
}

async function assertReadsTimes(t: TestContext, url: string) {
  const at = new Date('2026-11-23T09:06:59.123Z')
  const pool = createPool({ url, poolSize: 2 })
  t.after(() => pool.close())
  const [row] = await pool.query(
    (sql) => sql<{ at: Date }[]>`select ${at.toISOString()}::text::timestamptz as at`,
  )
  assert.deepEqual(row?.at, at)
  const rows = await askAsJobsDo(url, `select '${at.toISOString()}'::timestamptz as at`)
  assert.deepEqual(rows, [{ at }])
}
