import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Database } from '#plugins/database.ts'

export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../migrations', import.meta.url))
export const MIGRATIONS_TABLE = 'schema_migrations'

/** The last migration of this release, as `schema_migrations` names it. */
const newest = readdirSync(MIGRATIONS_DIRECTORY)
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.slice(0, -'.sql'.length))
  .sort()
  .at(-1)

/**
 * Whether the database has every migration this release was written for. It may have more: during a rollout the
 * next release has migrated already, and the schema only ever grows.
 *
 * @throws DatabaseUnavailable when it cannot be asked
 */
export async function schemaIsCurrent(database: Database): Promise<boolean> {
  const rows = await database.query(
    (sql) => sql<{ present: boolean }[]>`
      select to_regclass('schema_migrations') is not null as present
    `,
  )
  if (!rows[0]?.present) return false
  const applied = await database.query(
    (sql) => sql`select from schema_migrations where name = ${newest ?? ''}`,
  )
  return applied.length > 0
}
