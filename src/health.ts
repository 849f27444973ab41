import type { CallPolicy } from '#plugins/circuit-breakers.ts'
import { DatabaseUnavailable } from '#plugins/database/unavailable.ts'
import type { Shutdown } from '#plugins/graceful-shutdown.ts'
import { type CheckResult, createHealth } from '#plugins/health.ts'
import packageJson from '../package.json' with { type: 'json' }
import { schemaIsCurrent } from './database/schema-version.ts'
import type { Parts } from './parts.ts'

interface Surroundings {
  shutdown: Shutdown
  isOverloaded: () => boolean
  /** Of a process with workers: rejects where they cannot take jobs. */
  askJobQueue?: (() => Promise<void>) | undefined
}

/** What this process knows about itself and what it depends on. */
export function createServiceHealth(parts: Parts, { shutdown, isOverloaded, askJobQueue }: Surroundings) {
  const { database, payment, inventory, email, deadLetters } = parts
  return createHealth({
    version: packageJson.version,
    isShuttingDown: shutdown.isShuttingDown,
    onError: (error) => parts.log.warn({ err: error }, 'a health check failed'),
    async readiness() {
      if (isOverloaded()) return 'overloaded'
      try {
        return (await schemaIsCurrent(database)) ? null : 'the schema is behind: run the migrations'
      } catch (error) {
        if (error instanceof DatabaseUnavailable) return 'the database is away'
        throw error
      }
    },
    checks: {
      database: { critical: true, check: timed(() => database.query((sql) => sql`select 1`)) },
      payment: { critical: false, check: () => circuitOf(payment.policy) },
      inventory: { critical: false, check: () => circuitOf(inventory.policy) },
      email: { critical: false, check: () => circuitOf(email.policy) },
      queue: {
        critical: false,
        async check(): Promise<CheckResult> {
          const [dead] = await Promise.all([deadLetters.count(), askJobQueue?.()])
          return dead === 0 ? { status: 'up' } : { status: 'degraded', detail: `dead letters: ${dead}` }
        },
      },
    },
  })
}

/** A dependency is not asked for its health: what its calls came to is known. */
function circuitOf(policy: CallPolicy): CheckResult {
  const { state } = policy.snapshot()
  return { status: state === 'closed' ? 'up' : state === 'open' ? 'down' : 'degraded', circuit: state }
}

function timed(ask: () => PromiseLike<unknown>): () => Promise<CheckResult> {
  return async () => {
    const startedAt = performance.now()
    await ask()
    return { status: 'up', latencyMs: Math.round(performance.now() - startedAt) }
  }
}
