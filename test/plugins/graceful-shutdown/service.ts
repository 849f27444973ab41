// A process of its own: node test/plugins/graceful-shutdown/service.ts '{"drainSeconds":0,"shutdownSeconds":5}'
import Fastify from 'fastify'
import { pino } from 'pino'
import { createShutdown, gracefulShutdown } from '#plugins/graceful-shutdown.ts'
import { createHealth, health } from '#plugins/health.ts'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { problems } from '#src/problems.ts'

/** More than the buffers between two processes of one machine hold. */
const LARGE_BYTES = 30_000_000

const settings: {
  drainSeconds: number
  shutdownSeconds: number
  hangs?: string
  fails?: string
  waits?: string
} = JSON.parse(process.argv[2] ?? '{}')
const log = pino()
const step = (name: string) => {
  const hurried = Promise.withResolvers<void>()
  return {
    name,
    hurry: () => hurried.resolve(),
    close: async () => {
      log.info({ closing: name, faults: shutdown.faults() }, 'closing')
      if (settings.waits === name) await hurried.promise
      if (settings.hangs === name) await new Promise(() => {})
      if (settings.fails === name) throw new Error(`${name} would not`)
    },
  }
}

const format = { catalogue: problems, publicUrl: 'https://api.example.com' }
const app = Fastify(problemServerOptions(format))
const shutdown = createShutdown({
  ...settings,
  log,
  steps: [{ name: 'http', close: () => app.close() }, step('jobs'), step('database')],
})
shutdown.watch()

const release = Promise.withResolvers<void>()
await app.register(gracefulShutdown, { shutdown })
await app.register(problemDetails, format)
await app.register(health, {
  health: createHealth({
    version: '1.0.0',
    checks: {},
    readiness: () => null,
    isShuttingDown: shutdown.isShuttingDown,
  }),
})
app.get('/fast', async () => 'fast')
app.get('/slow', async () => {
  await release.promise
  return 'slow'
})
// However late: a request that comes after listening stopped has half a second.
process.on('SIGUSR2', () => release.resolve())
app.get('/large', async () => Buffer.alloc(LARGE_BYTES))
app.get('/throw-in-a-timer', async () => {
  setTimeout(() => {
    throw new Error('thrown in a timer', { cause: new Error('the reason beneath') })
  })
  return 'thrown'
})
app.get('/reject', async () => {
  void Promise.reject(new Error('nobody waits for this'))
  return 'rejected'
})
app.get('/warn', async () => {
  process.emitWarning('look out')
  return 'warned'
})
log.info({ url: await app.listen({ port: 0, host: '127.0.0.1' }) }, 'listening')
