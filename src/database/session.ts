import type { Client } from 'pg'
import { clientFor } from '#plugins/database/client.ts'
import { hostsOf } from '#plugins/database/hosts.ts'
import { missingInPooler } from '#plugins/database/unavailable.ts'

/** It is away, none of its hosts is a primary that let us in, or it is not fit to be migrated: nothing was done. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable'

  constructor(cause: unknown) {
    // Of a name with several addresses, each has its own reason.
    const reasons: unknown[] = cause instanceof AggregateError ? cause.errors : [cause]
    const said = reasons.map((one) => (one instanceof Error ? one.message : String(one))).join(', ')
    super(`The database at DATABASE_URL cannot be used: ${said}`, { cause })
  }
}

/** The one session in which everything is done: it holds the lock, so whatever ends it ends the work. */
export interface Session {
  client: Client
  /** Why it was ended by somebody else, if it was. */
  lost: () => Error | undefined
}

/**
 * What a role may set for the many short statements of a service, and would break off a migration; and one without which
 * pg-boss takes apart its own SQL wrongly. A server knows those of its release.
 */
const SETTINGS = {
  statement_timeout: '0',
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  standard_conforming_strings: 'on',
}

/**
 * @param databaseUrl of several hosts, the primary is found
 * @throws DatabaseUnusable
 */
export async function openSession(databaseUrl: string): Promise<Session> {
  let failure: unknown
  for (const url of hostsOf(databaseUrl)) {
    try {
      return await openAt(url)
    } catch (error) {
      failure = error
    }
  }
  throw new DatabaseUnusable(failure)
}

async function openAt(url: string): Promise<Session> {
  const { Client } = clientFor(() => url)
  const open = () => begin(new Client({ application_name: 'holdfast-migrate' }), url)
  try {
    return await open()
  } catch (error) {
    // A pooler may well keep sessions whole, and the next client asks it for less.
    if (missingInPooler(error) !== 'startupParameters') throw error
    return await open()
  }
}

async function begin(client: Client, url: string): Promise<Session> {
  let lost: Error | undefined
  client.on('error', (error) => {
    lost ??= error
  })
  try {
    await client.connect()
    await client.query(
      'select set_config(name, $1::jsonb ->> name, false) from pg_settings where $1::jsonb ? name',
      [JSON.stringify({ ...SETTINGS, ...schemasNamedIn(url) })],
    )
    const { rows } = await client.query('select pg_is_in_recovery() as standby')
    if (rows[0]?.standby !== false) throw new Error('no primary among its hosts')
    return { client, lost: () => lost }
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}

/** The service's driver hands the server whatever settings a URL has; this one drops those it does not know. */
function schemasNamedIn(url: string) {
  const path = URL.parse(url)?.searchParams.get('search_path')
  return path ? { search_path: path } : {}
}
