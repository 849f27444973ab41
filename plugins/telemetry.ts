import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Statistics } from './statistics.ts'
import type { RequestDurations, RouteRecorder } from './telemetry/request-durations.ts'

export { createEventLoop, type EventLoop } from './telemetry/event-loop.ts'
export { by, createMetrics, type Metrics } from './telemetry/metrics.ts'
export { addProcessMetrics } from './telemetry/process-metrics.ts'
export { createRequestDurations } from './telemetry/request-durations.ts'

export interface TelemetryOptions {
  /** By route, method and status, since the process began. */
  durations: RequestDurations
  /** All in all, over the last hour. */
  statistics: Statistics
}

/** Stands for the route of whatever leads nowhere, so that clients cannot make up any number of them. */
const NO_ROUTE = 'unmatched'

/**
 * Counts an answer to what could not be parsed, which passed no hook: it took no time worth speaking of, and has no
 * method that could be read.
 */
export function countRefused({ durations, statistics }: TelemetryOptions, status: number): void {
  durations.recorder('unreadable', NO_ROUTE).record(status, 0)
  statistics.record(0, status)
}

/**
 * The one place where answers are counted: how long each took to its end, and its status. Routes with `probe` are left out:
 * machines ask them all day, and their 503 is news of the process, not of a client's request. Register it before the
 * routes.
 */
export const telemetry = fp<TelemetryOptions>(
  async (app, { durations, statistics }) => {
    const count = (recorder: RouteRecorder, reply: FastifyReply) => {
      const milliseconds = reply.elapsedTime
      recorder.record(reply.statusCode, milliseconds)
      statistics.record(milliseconds, reply.statusCode)
    }

    // Each route gets a hook that holds its recorder: what to count under is decided once, not at each request.
    app.addHook('onRoute', (route) => {
      if (route.config?.probe === true) return
      const methods = [route.method].flat()
      const recorders = new Map(methods.map((method) => [method, durations.recorder(method, route.url)]))
      const [only] = recorders.size === 1 ? recorders.values() : []
      const record = (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
        const recorder = only ?? recorders.get(request.method)
        if (recorder !== undefined) count(recorder, reply)
        done()
      }
      route.onResponse = [...[route.onResponse ?? []].flat(), record]
    })

    // Only these have no route of their own.
    app.addHook('onResponse', (request, reply, done) => {
      if (request.is404) count(durations.recorder(request.method, NO_ROUTE), reply)
      done()
    })
  },
  { name: 'telemetry', fastify: '5.x' },
)
