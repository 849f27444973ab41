import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import { type Client, DatabaseError } from 'pg'
import { refuseUnfit } from './fitness.ts'
import { migrateJobTables } from './job-tables.ts'
import { MIGRATIONS_DIRECTORY, MIGRATIONS_TABLE } from './schema-version.ts'
import { DatabaseUnusable, openSession } from './session.ts'

/**
 * As long as a migration waits for a table that requests are using: whoever comes after it waits behind it, so it had
 * better give up and come again.
 */
const LOCK_TIMEOUT = '2s'
const ATTEMPTS = 15
const PAUSE_MS = 500
/** PostgreSQL, appendix A: a deadlock with a request, and a lock that was not free in time. Nothing was done. */
const TRY_AGAIN = new Set(['40P01', '55P03'])

/** Any constant: whoever migrates this database takes the same lock. */
const LOCK = 4_065_333_813

/** What the server, or the way to it, had against it. What was applied before stays, and is not done again. */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed'

  constructor(cause: Error) {
    super(`The database could not be migrated: ${cause.message}`, { cause })
  }
}

/**
 * Brings a database to the schema of this release: the job tables, the migrations, the queues. Several at once
 * are safe: one does the work, the others wait for it and find nothing left to do.
 *
 * @param databaseUrl a `postgres://` URL of a role that may create tables; of several hosts, the primary is found
 * @param dir where the migrations are
 * @returns the names of the migrations that were applied, in order
 * @throws DatabaseUnusable before anything is done
 * @throws MigrationFailed
 */
export async function migrate(databaseUrl: string, dir = MIGRATIONS_DIRECTORY): Promise<string[]> {
  const { client, lost } = await openSession(databaseUrl)
  try {
    // A session lock, so not through a transaction-mode pooler: migrations go to the database itself.
    await client.query('select pg_advisory_lock($1)', [LOCK])
    const schema = await refuseUnfit(client, dir)
    await migrateJobTables(client)
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`)
    return await applyAll(client, dir, schema)
  } catch (error) {
    const reason = lost() ?? (error instanceof DatabaseError ? error : undefined)
    throw reason === undefined ? error : new MigrationFailed(reason)
  } finally {
    await client.end()
  }
}

/** One after the other, each a transaction: what it has locked is free before the next begins. */
async function applyAll(client: Client, dir: string, schema: string): Promise<string[]> {
  const applied: string[] = []
  for (;;) {
    const next = await applyNext(client, dir, schema)
    if (next === undefined) return applied
    applied.push(next)
  }
}

async function applyNext(
  client: Client,
  dir: string,
  schema: string,
  attempt = 1,
): Promise<string | undefined> {
  try {
    const [next] = await runner({
      dbClient: client,
      dir,
      // Left out, it would be public, wherever the migrations went.
      migrationsSchema: schema,
      migrationsTable: MIGRATIONS_TABLE,
      direction: 'up',
      count: 1,
      singleTransaction: false,
      noLock: true,
      log: () => {},
    })
    return next?.name
  } catch (error) {
    const code = error instanceof DatabaseError ? error.code : undefined
    if (code === undefined || !TRY_AGAIN.has(code) || attempt === ATTEMPTS) throw error
    await client.query('rollback')
    await pause(PAUSE_MS)
    return await applyNext(client, dir, schema, attempt + 1)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { ConfigError, readMigrationConfig } = await import('../config.ts')
  try {
    const applied = await migrate(readMigrationConfig(process.env).databaseUrl)
    console.log(applied.length === 0 ? 'The schema is current.' : `Applied ${applied.join(', ')}.`)
  } catch (error) {
    const isPlain = [ConfigError, DatabaseUnusable, MigrationFailed].some((kind) => error instanceof kind)
    console.error(isPlain && error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
