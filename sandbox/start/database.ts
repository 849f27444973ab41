import { startEmbeddedPostgres } from '../embedded-postgres.ts'
import { type Environment, isSet, type Say, supplied } from './environment.ts'
import type { State } from './state.ts'

/** A PostgreSQL of its own, unless there is one. */
export async function supplyDatabase(
  given: Environment,
  state: State,
  resources: AsyncDisposableStack,
  say: Say,
): Promise<Environment> {
  if (isSet(given, 'DATABASE_URL')) return {}
  const server = await startEmbeddedPostgres({
    directory: state.postgres,
    onProgress: (message) => say(`  … ${message}`),
  })
  resources.defer(() => server.stop())
  say(supplied('database', `PostgreSQL in ${state.shown(state.postgres)}`, 'DATABASE_URL'))
  return { DATABASE_URL: server.url }
}
