import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import pino, { type Logger } from 'pino'
import { createShutdown } from '#plugins/graceful-shutdown.ts'
import { createHealth, probePaths } from '#plugins/health.ts'
import { createDeadLetterStore } from '#src/jobs/dead-letter-store.ts'
import { createQueueStore } from '#src/jobs/queue-store.ts'
import { buildOperations } from '#src/operations.ts'
import { createStatusStore } from '#src/orders/status-store.ts'
import { problems } from '#src/problems.ts'
import { createTelemetry } from '#src/telemetry.ts'
import { startProductService } from '../products/product-service.ts'

export interface OperationsOptions {
  opsToken?: string
  opsTraceUrl?: string
  sandboxUrl?: string
  trustProxy?: string[]
  log?: Logger
}

/** The operations listener on a real socket, with the catalogue's public half beside it. */
export async function startOperations(
  t: TestContext,
  { log = pino({ level: 'silent' }), ...options }: OperationsOptions = {},
) {
  const service = await startProductService(t, { freshMs: 60_000 })
  const problemFormat = { catalogue: problems, probes: probePaths, publicUrl: 'https://api.example.com' }
  const shutdown = createShutdown({
    drainSeconds: 0,
    shutdownSeconds: 10,
    log,
    steps: [
      { name: 'listeners', close: () => operations.close() },
      { name: 'database', close: () => service.database.close() },
    ],
    exit: () => {},
  })
  const health = createHealth({
    version: '0.0.0',
    checks: {},
    readiness: () => null,
    isShuttingDown: shutdown.isShuttingDown,
  })
  const operations: FastifyInstance = await buildOperations(
    {
      config: { currency: 'USD', paymentApiKey: 'sk_test_fake', trustProxy: [], ...options },
      deadLetters: createDeadLetterStore(service.database),
      log,
      callPolicies: [],
      database: service.database,
      queues: createQueueStore(service.database),
      orderStatuses: createStatusStore(service.database),
      telemetry: createTelemetry(),
      problemFormat,
      productCache: service.cache,
      products: service.store,
    },
    { health, shutdown, activeRequests: () => 0 },
  )
  t.after(() => operations.close())
  const url = await operations.listen({ port: 0, host: '127.0.0.1' })
  return { ...service, operations, problemFormat, shutdown, url }
}

export const desk = {
  name: 'Walnut desk',
  price: { amount: 129900, currency: 'USD' },
  stock: 2,
}

/** Sends JSON as an operator's program does. */
export function put(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(url, {
    method: 'PUT',
    body: text,
    headers: { 'content-type': 'application/json', ...headers },
  })
}
