import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import postgres from 'postgres'
import { createDatabase } from '../support/postgres.ts'

describe('a database for a test', () => {
  let finished = ''

  test('databases are cloned at the same time, are migrated, and share nothing', async (t) => {
    const urls = await Promise.all([createDatabase(t), createDatabase(t), createDatabase(t)])
    finished = urls[0]
    for (const url of urls) {
      const sql = postgres(url, { max: 1 })
      await sql`create table mine (id int)`
      const [row] = await sql`select count(*)::int as tables from pg_tables where schemaname = 'public'`
      await sql.end()
      assert.ok(row?.tables > 1)
    }
  })

  test('a database is gone after its test, whoever is connected to it', async () => {
    const sql = postgres(finished, { max: 1 })
    await assert.rejects(sql`select 1`, { code: '3D000' })
    await sql.end()
  })
})
