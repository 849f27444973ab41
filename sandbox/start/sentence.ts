import { ConfigError } from '#src/config.ts'
import { MigrationFailed } from '#src/database/migrate.ts'
import { DatabaseUnusable } from '#src/database/session.ts'
import { CannotListen } from '#src/service.ts'
import { DirectoryInUse } from '../directory-lock.ts'
import type { Environment } from './environment.ts'
import { ports } from './settings.ts'

/** Errors whose message is written for a person. */
const EXPLAINED = [ConfigError, DatabaseUnusable, MigrationFailed, CannotListen]

/** Why it did not start, for a person: the mishaps of every day in a sentence, the others with their stack. */
export function sentenceOf(error: unknown, env: Environment): string {
  if (error instanceof DirectoryInUse) {
    return `Holdfast already runs here, as process ${error.pid}: stop that one first, or set SANDBOX_DIRECTORY and other ports.`
  }
  if (!(error instanceof Error)) return String(error)
  const { code, port } = systemError(error)
  if (code === 'EADDRINUSE') {
    const variable = ports.find(({ name, standard }) => Number(env[name] || standard) === port)
    return `Port ${port} is in use: end what listens there, or set ${variable?.name ?? 'another'} (0 means any free one).`
  }
  return EXPLAINED.some((kind) => error instanceof kind) ? error.message : (error.stack ?? error.message)
}

/** What the system said, however deep below: a listener's error may come wrapped. */
function systemError(error: Error): { code?: unknown; port?: unknown } {
  if ('code' in error) return error
  return error.cause instanceof Error ? systemError(error.cause) : {}
}
