import type { TestContext } from 'node:test'
import Fastify from 'fastify'
import { createShutdown, gracefulShutdown } from '#plugins/graceful-shutdown.ts'
import { standStill } from '../../support/shop.ts'
import { settle } from '../fake-time.ts'
import { until } from './child.ts'

type Line = Record<string, unknown> & { msg: string }

/**
 * The service in the test's own process. Once it shuts down its timeouts come when the test says so: a process that
 * stands still for a moment, as a busy machine makes it, would have several of them come at once.
 */
export async function startService(
  t: TestContext,
  { drainSeconds = 0, shutdownSeconds }: { drainSeconds?: number; shutdownSeconds: number },
) {
  const lines: Line[] = []
  const listeners = new Map<string, () => void>()
  const log = (detail: object | string, msg = String(detail)) => {
    lines.push({ ...(typeof detail === 'object' ? detail : {}), msg })
    listeners.get(msg)?.()
  }
  const closed: string[] = []
  const step = (name: string) => ({ name, close: () => void closed.push(name) })
  const app = Fastify()
  const shutdown = createShutdown({
    drainSeconds,
    shutdownSeconds,
    log: { fatal: log, error: log, warn: log, info: log },
    steps: [{ name: 'http', close: () => app.close() }, step('jobs'), step('database')],
    exit() {},
  })
  await app.register(gracefulShutdown, { shutdown })
  app.get('/', async () => 'here')
  const slow = Promise.withResolvers<string>()
  app.get('/slow', () => slow.promise)
  app.post('/upload', async () => 'uploaded')
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  // Whole, so that no rounding lets a timeout be due a moment after the time that the test lets pass.
  const began = Math.ceil(performance.now())
  let passed = 0
  t.mock.method(performance, 'now', () => began + passed)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  return {
    url,
    server: app.server,
    port: Number(new URL(url).port),
    shutdown,
    /** Answers what was asked of `/slow`. */
    letGo: () => slow.resolve('slow'),
    /** The steps behind the listeners, as they were closed. */
    closed,
    onLog: (msg: string, listener: () => void) => void listeners.set(msg, listener),
    /** Resolves once so many requests have come that are not answered. */
    asked: (times = 1) => until(() => app.requestsInFlight() >= times || undefined),
    logged: (msg: string) => until(() => lines.find((line) => line.msg === msg)),
    async pass(ms: number): Promise<void> {
      passed += ms
      t.mock.timers.tick(ms)
      await settle()
    },
    /** The process does nothing for so long: what is sent to it meanwhile waits, and what is due is late. */
    stall(ms: number): void {
      passed += ms
      standStill(200)
    },
  }
}
