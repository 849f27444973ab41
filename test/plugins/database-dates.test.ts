import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { startPgBouncer } from '../machines/pgbouncer.ts'
import { createDatabase } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { execute } from '../support/statement.ts'

test('Times are read as they are, whatever style the database writes them in', async (t) => {
  await assertReadsTimes(t, await createGermanDatabase(t))
})

test('also behind PgBouncer, which refuses other settings', needs('pgbouncer'), async (t) => {
  await assertReadsTimes(t, await startPgBouncer(t, await createGermanDatabase(t)))
})

async function createGermanDatabase(t: TestContext): Promise<string> {
  const url = await createDatabase(t)
  const name = new URL(url).pathname.slice(1)
  await execute(url, `alter database ${name} set datestyle = 'German'`)
  return url
}

async function assertReadsTimes(t: TestContext, url: string) {
  const pool = createPool({ url, poolSize: 2 })
  t.after(() => pool.close())
  const [row] = await pool.query(
    (sql) => sql<{ at: Date }[]>`select '2026-11-23T09:06:59.123Z'::text::timestamptz as at`,
  )
  assert.deepEqual(row?.at, new Date('2026-11-23T09:06:59.123Z'))
}
