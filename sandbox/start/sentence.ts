import { DirectoryInUse } from '../directory-lock.ts'
import type { Environment } from './environment.ts'

const PORTS = {
  PORT: 3000,
  OPS_PORT: 3001,
  SANDBOX_PORT: 3002,
  SANDBOX_STOREFRONT_PORT: 3003,
  SANDBOX_SMTP_PORT: 3025,
}

/** Why it did not start, for a person: the mishaps of every day in a sentence, the others with their stack. */
export function sentenceOf(error: unknown, env: Environment): string {
  if (error instanceof DirectoryInUse) {
    return `Holdfast already runs here, as process ${error.pid}: stop that one first, or set SANDBOX_DIRECTORY and other ports.`
  }
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'ConfigError') return error.message
  const { code, port } = systemError(error)
  if (code === 'EADDRINUSE') {
    const variable = Object.entries(PORTS).find(([name, standard]) => Number(env[name] || standard) === port)
    return `Port ${port} is in use: end what listens there, or set ${variable?.[0] ?? 'another'} (0 means any free one).`
  }
  if (env.DATABASE_URL && (code === 'ECONNREFUSED' || code === 'ENOTFOUND')) {
    return `The database at DATABASE_URL cannot be reached: ${error.message || code}`
  }
  return error.stack ?? error.message
}

/** What the system said, however deep below: a listener's error may come wrapped. */
function systemError(error: Error): { code?: unknown; port?: unknown } {
  if ('code' in error) return error
  return error.cause instanceof Error ? systemError(error.cause) : {}
}
