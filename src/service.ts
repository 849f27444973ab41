import { lookup } from 'node:dns/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { createShutdown } from '#plugins/graceful-shutdown.ts'
import { logDestination } from '#plugins/request-log/destination.ts'
import { loggerOptions } from '#plugins/request-log.ts'
import { buildApp } from './app.ts'
import { type Environment, readConfig } from './config.ts'
import { createServiceHealth } from './health.ts'
import { httpUrl } from './http-url.ts'
import { buildOperations } from './operations.ts'
import { createParts } from './parts.ts'
import { startTracing } from './tracing.ts'
import { buildWorker } from './worker.ts'

export interface Service {
  /** Where it really listens; a worker has no API. */
  addresses: { api?: string; operations: string }
  /** Resolves to the exit code when everything is closed. */
  closed: Promise<number>
  /** Does what SIGTERM does. */
  close: (reason: string) => Promise<number>
}

/** A listener that could not be opened: which one, where, and why. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'

  constructor(listener: string, url: string, cause: unknown) {
    super(
      `${listener} listener cannot be opened at ${url}: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    )
  }
}

/**
 * The whole service in this process: environment in, listeners out. It obeys signals until it is closed; ending
 * the process is left to the caller.
 *
 * @param onWatching called when it obeys signals by itself, just before it listens
 * @throws ConfigError naming every variable that is missing or wrong, before anything listens
 * @throws CannotListen once what had begun is closed again
 */
export async function startService(env: Environment, onWatching = () => {}): Promise<Service> {
  const config = readConfig(env)
  const log = pino(loggerOptions({ level: config.logLevel }), logDestination())
  const tracer = await startTracing(config, log)
  const parts = createParts(config, log)
  const worker = config.role === 'api' ? undefined : await buildWorker(parts, { tracer })

  const shutdown = createShutdown({
    drainSeconds: config.drainSeconds,
    shutdownSeconds: config.shutdownSeconds,
    log,
    steps: [
      { name: 'listeners', close: () => Promise.all([api?.close(), operations.close()]) },
      { name: 'jobs', close: () => worker?.close(), hurry: () => worker?.giveBackJobs() },
      { name: 'dependencies', close: () => parts.closeDependencies(), hurry: () => parts.endCalls() },
      { name: 'database', close: () => parts.database.close() },
      { name: 'traces', close: () => tracer?.close() },
    ],
    exit: () => {},
  })
  const about = {
    health: createServiceHealth(parts, {
      shutdown,
      isOverloaded: () => api?.isOverloaded() ?? false,
      askJobQueue: worker && (() => worker.askJobQueue()),
    }),
    shutdown,
    activeRequests: () => api?.requestsInFlight() ?? 0,
    tracer,
  }
  const api: FastifyInstance | undefined = config.role === 'worker' ? undefined : await buildApp(parts, about)
  const operations = await buildOperations(parts, about)

  // What came while all of this was loaded is heard in the next turn of the event loop, and better before it listens.
  await turn()
  shutdown.watch()
  onWatching()
  try {
    const addresses = {
      ...(api && { api: await listen('api', api, config.host, config.port) }),
      operations: await listen('operations', operations, config.opsHost, config.opsPort),
    }
    if (api !== undefined) announce('api', api)
    announce('operations', operations)
    await worker?.ready()
    return { addresses, closed: shutdown.closed, close: shutdown.close }
  } catch (error) {
    await shutdown.fail('the start failed')
    throw error
  }

  async function listen(listener: string, app: FastifyInstance, host: string, port: number) {
    await app.ready()
    // Fastify would say it once for each address of the machine where it listens on all of them.
    const { level } = app.log
    app.log.level = 'silent'
    try {
      // Of a name Fastify would open all addresses, and show one of these servers only.
      const first = await lookup(host)
      const address = await app.listen({ host: first.address, port })
      if (listener === 'api') parts.listensAt(address)
      return address
    } catch (error) {
      throw new CannotListen(listener, httpUrl(host, port), error)
    } finally {
      app.log.level = level
    }
  }

  function announce(listener: string, app: FastifyInstance) {
    const [bound] = app.addresses()
    if (typeof bound === 'object') log.info(`${listener} listens at ${httpUrl(bound.address, bound.port)}`)
  }
}
