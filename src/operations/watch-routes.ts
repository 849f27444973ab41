import type { FastifyPluginAsync } from 'fastify'
import type { Health } from '#plugins/health.ts'
import { createEventStream } from '#plugins/server-sent-events.ts'
import { createEventLoop } from '#plugins/telemetry.ts'
import { createServiceMetrics, type MetricsSources } from './metrics.ts'
import { createReadings, type ReadingsParts } from './readings.ts'
import { createStats, type StatsParts } from './stats.ts'

export interface WatchRoutesOptions extends Pick<MetricsSources, 'shutdown' | 'activeRequests'> {
  parts: StatsParts & ReadingsParts
  health: Health
}

/** Whoever watches wants to see it live. */
const EVENT_EVERY_MS = 1_000

/** How the service is watched: once, again and again, or by Prometheus. Needs `request.operatorUntil`. */
export const watchRoutes: FastifyPluginAsync<WatchRoutesOptions> = async (app, options) => {
  const { parts, health, shutdown, activeRequests } = options
  const eventLoop = createEventLoop()
  app.addHook('onClose', async () => eventLoop.close())
  const readings = createReadings(parts, health)
  const stats = createStats(parts, readings, eventLoop)
  const metrics = createServiceMetrics(parts, { readings, eventLoop, shutdown, activeRequests })
  const events = createEventStream({
    event: 'stats',
    read: stats,
    everyMs: EVENT_EVERY_MS,
    signal: app.shutdownSignal,
    onError: (error) => app.log.error({ err: error }, 'an event could not be made'),
  })
  app.addHook('preClose', async () => events.close())

  app.get('/stats', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return await stats()
  })
  app.get('/metrics', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('content-type', metrics.contentType)
    return await metrics.render()
  })
  app.get('/events', (request, reply) => events.watch(request, reply, request.operatorUntil))
}
