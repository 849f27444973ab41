import type { ClientBase } from 'pg'
import { clientFor } from '../database/client.ts'

/**
 * A statement of the queue's takes milliseconds, its tidying up a second; one without an answer for so long has
 * none to come, and its connection is given up.
 */
const SILENCE_MS = 10_000

/**
 * What a pool of `pg` needs beyond a URL. It knows one host for ever, so each connection asks for the URL as it is
 * opened; and none is used that has come to a standby.
 */
export function connectionTo(databaseUrl: () => string) {
  return { ...clientFor(databaseUrl), query_timeout: SILENCE_MS, onConnect: refuseStandby }
}

async function refuseStandby(client: ClientBase): Promise<void> {
  const { rows } = await client.query('select pg_is_in_recovery() as standby')
  if (rows[0]?.standby !== false) throw new Error('connected to a standby')
}
