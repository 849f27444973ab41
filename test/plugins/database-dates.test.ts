import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, type TestContext, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { connectionTo } from '#plugins/job-queue/connection.ts'
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

async function createGermanDatabase(lifetime: Lifetime): Promise<string> {
  const url = await createDatabase(lifetime)
  const name = new URL(url).pathname.slice(1)
  await execute(url, `alter database ${name} set datestyle = 'German'`)
  return url
}

async function assertReadsTimes(t: TestContext, url: string) {
  const at = new Date('2026-11-23T09:06:59.123Z')
  const pool = createPool({ url, poolSize: 2 })
  t.after(() => pool.close())
  const [row] = await pool.query(
    (sql) => sql<{ at: Date }[]>`select ${at.toISOString()}::text::timestamptz as at`,
  )
  assert.deepEqual(row?.at, at)
  const { Client } = connectionTo(() => url)
  const client = new Client()
  await client.connect()
  const { rows } = await client.query('select $1::timestamptz as at', [at.toISOString()])
  await client.end()
  assert.deepEqual(rows, [{ at }])
}
