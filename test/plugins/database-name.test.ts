import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { connectionTo } from '#plugins/job-queue/connection.ts'
import { migrate } from '#src/database/migrate.ts'
import { reversed } from '../support/lifetime.ts'
import { createEmptyDatabase, type Lifetime } from '../support/postgres.ts'
import { execute } from '../support/statement.ts'

const NAME = 'größe 100%25 a/b#c?d,e:f@"g"'

test('A database and a role of any name are the same to service, jobs and migrations', async (t) => {
  const lifetime = reversed(t)
  const url = await urlOfOneCalled(lifetime, NAME)
  const applied = await migrate(url)
  const pool = createPool({ url, poolSize: 1 })
  lifetime.after(() => pool.close())
  const [asked] = await pool.query(
    (sql) =>
      sql`select current_database() as name, current_user as role, count(*)::integer from schema_migrations`,
  )
  assert.deepEqual({ ...asked }, { name: NAME, role: NAME, count: applied.length })

  const { Client } = connectionTo(() => url)
  const client = new Client()
  await client.connect()
  const { rows } = await client.query('select current_database() as name, current_user as role')
  await client.end()
  assert.deepEqual(rows, [{ name: NAME, role: NAME }])
})

/** Of a database that is called so, and of its owner, whose name and password are the same. */
async function urlOfOneCalled(lifetime: Lifetime, name: string): Promise<string> {
  const neighbour = await createEmptyDatabase(lifetime)
  const quoted = `"${name.replaceAll('"', '""')}"`
  lifetime.after(() => execute(neighbour, `drop role if exists ${quoted}`))
  await execute(neighbour, `create role ${quoted} login password '${name}'`)
  lifetime.after(() => execute(neighbour, `drop database if exists ${quoted} with (force)`))
  await execute(neighbour, `create database ${quoted} owner ${quoted} template template0 encoding 'UTF8'`)
  const { host } = new URL(neighbour)
  const encoded = encodeURIComponent(name)
  return `postgres://${encoded}:${encoded}@${host}/${encoded}`
}
