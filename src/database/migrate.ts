import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import { Client, DatabaseError } from 'pg'
import { PgBoss } from 'pg-boss'
import { hostsOf } from '#plugins/database/hosts.ts'
import { connectionOf } from '#plugins/database/tls.ts'
import { deadLetterQueue, QUEUES, queueSettings } from '../jobs/queues.ts'
import { MIGRATIONS_DIRECTORY, MIGRATIONS_TABLE } from './schema-version.ts'

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

/** None of its hosts was a primary that let us in; the last one's reason is the cause. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable'

  constructor(cause: unknown) {
    // Of a name with several addresses, each has its own reason.
    const reasons: unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
    const said = reasons.map((one) => (one instanceof Error ? one.message : String(one))).join(', ')
    super(`The database at DATABASE_URL cannot be used: ${said}`, { cause })
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
 */
export async function migrate(databaseUrl: string, dir = MIGRATIONS_DIRECTORY): Promise<string[]> {
  const { client, url } = await connectToPrimary(hostsOf(databaseUrl))
  try {
    // A session lock, so not through a transaction-mode pooler: migrations go to the database itself.
    await client.query('select pg_advisory_lock($1)', [LOCK])
    await migrateJobTables(url)
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`)
    return await applyAll(client, dir)
  } finally {
    await client.end()
  }
}

/** One after the other, each a transaction: what it has locked is free before the next begins. */
async function applyAll(client: Client, dir: string): Promise<string[]> {
  const applied: string[] = []
  for (;;) {
    const next = await applyNext(client, dir)
    if (next === undefined) return applied
    applied.push(next)
  }
}

async function applyNext(client: Client, dir: string, attempt = 1): Promise<string | undefined> {
  try {
    const [next] = await runner({
      dbClient: client,
      dir,
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
    return await applyNext(client, dir, attempt + 1)
  }
}

async function connectToPrimary(urls: readonly string[]): Promise<{ client: Client; url: string }> {
  let failure: unknown
  for (const url of urls) {
    try {
      return { client: await connectTo(url), url }
    } catch (error) {
      failure = error
    }
  }
  throw new DatabaseUnusable(failure)
}

async function connectTo(url: string): Promise<Client> {
  const client = new Client({ ...connectionOf(url), application_name: 'holdfast-migrate' })
  try {
    await client.connect()
    const { rows } = await client.query('select pg_is_in_recovery() as standby')
    if (rows[0]?.standby !== false) throw new Error('no primary among its hosts')
    return client
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}

/** pg-boss brings its own migrations; the queues are upserted, so that a release can change their settings. */
async function migrateJobTables(databaseUrl: string) {
  const boss = new PgBoss({
    ...connectionOf(databaseUrl),
    max: 1,
    migrate: true,
    supervise: false,
    schedule: false,
  })
  await boss.start()
  try {
    for (const queue of QUEUES) {
      const { heartbeatSeconds, ...settings } = queueSettings
      const deadLetter = deadLetterQueue(queue)
      await boss.createQueue(deadLetter, settings)
      await boss.createQueue(queue, { ...settings, heartbeatSeconds, deadLetter })
      await boss.updateQueue(deadLetter, settings)
      await boss.updateQueue(queue, { ...settings, heartbeatSeconds, deadLetter })
    }
  } finally {
    await boss.stop({ graceful: false })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { ConfigError, readMigrationConfig } = await import('../config.ts')
  try {
    const applied = await migrate(readMigrationConfig(process.env).databaseUrl)
    console.log(applied.length === 0 ? 'The schema is current.' : `Applied ${applied.join(', ')}.`)
  } catch (error) {
    const isPlain = error instanceof ConfigError || error instanceof DatabaseUnusable
    console.error(isPlain ? error.message : error)
    process.exitCode = 1
  }
}
