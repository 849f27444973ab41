import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { createShutdown } from '#plugins/graceful-shutdown.ts'
import { buildApp } from '#src/app.ts'
import { readConfig } from '#src/config.ts'
import { createServiceHealth } from '#src/health.ts'
import { createParts, type Versions } from '#src/parts.ts'
import type { Lifetime } from '../support/postgres.ts'
import { SECRET } from '../support/service.ts'

export interface InProcessOptions {
  env: Record<string, string>
  versions?: Versions
  /** Turns what no setting turns, before it listens. */
  adjust?: (app: FastifyInstance) => void
}

/** The public API in this process, on a port of its own: for what cannot be reached in a process of its own. */
export async function listenInProcess(
  lifetime: Lifetime,
  { env, versions, adjust }: InProcessOptions,
): Promise<string> {
  const config = readConfig({
    AUTH_JWT_SECRET: SECRET,
    PAYMENT_API_KEY: 'sk_test_fake',
    SMTP_URL: 'smtp://127.0.0.1:9',
    RATE_LIMIT_MAX: '1000000',
    ...env,
  })
  const log = pino({ level: 'silent' })
  const parts = createParts(config, log, versions)
  const shutdown = createShutdown({ drainSeconds: 0, shutdownSeconds: 1, log, steps: [], exit: () => {} })
  const app = await buildApp(parts, {
    health: createServiceHealth(parts, { shutdown, isOverloaded: () => app.isOverloaded() }),
    shutdown,
  })
  lifetime.after(async () => {
    await app.close()
    await parts.closeDependencies()
    await parts.database.close()
  })
  adjust?.(app)
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  parts.listensAt(address)
  return address
}
