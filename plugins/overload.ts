import underPressure from '@fastify/under-pressure'
import type { onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { memoryUsage } from './memory-usage.ts'
import { createAdmission } from './overload/admission.ts'
import {
  defaultThresholds,
  exceeds,
  type MeasuredLoad,
  type SheddingStage,
  STAGES,
  type Thresholds,
} from './overload/thresholds.ts'
import { Problem } from './problem-details.ts'

export type { SheddingStage } from './overload/thresholds.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Whether routes of a stage are being shed. Without one, whether all are: before that the instance still does what
     * matters most, and taking it out of the balancer would only push its load onto the others.
     */
    isOverloaded(stage?: SheddingStage): boolean
  }
  interface FastifyContextConfig {
    /** When the route is shed. Default `first`. Routes with `probe` never are. */
    shedding?: SheddingStage
    /**
     * How many requests of the route are worked at once. Twice as many may wait for their turn, for a
     * second. Default: any number.
     */
    atOnce?: number
  }
}

export interface OverloadOptions {
  /** Default: the event loop's delay, and how full the heap is. They rise from `first` to `last`. */
  thresholds?: Thresholds
  /** Milliseconds between two measurements. Default 1,000. */
  sampleIntervalMs?: number
  /** Told of each request that is refused. */
  onShed?: (stage: SheddingStage) => void
  /** From 0 to 1; Math.random if left out. */
  random?: () => number
}

/** Seconds that a refused client is told to wait, at most: they spread over it instead of coming back as one. */
const RETRY_WITHIN_SECONDS = 5
/** A burst passes in that time; who waits longer is part of more than can be done, and better told so. */
const WAIT_MS = 1_000
/** For each request that is worked, so that a burst is absorbed; past that, waiting is only a slower refusal. */
const WAITERS_PER_PLACE = 2

/**
 * Refuses requests (`overloaded`, 503) while the process is too busy to answer them in time, those that matter least first.
 * Registered after problem details, so that an unknown path stays a 404, and before rate limit and authentication, so
 * that a refusal costs next to nothing.
 */
export const overload = fp<OverloadOptions>(
  async (app, options) => {
    const thresholds = options.thresholds ?? defaultThresholds()
    const random = options.random ?? Math.random
    const sampleInterval = options.sampleIntervalMs ?? 1_000

    // It asks this of the process by itself, in a timer, where nobody could catch what is thrown.
    process.memoryUsage = memoryUsage
    // It measures. What is too much is decided here, once for each measurement instead of for each request.
    await app.register(underPressure, {
      // Since boot, as is its default, an hour of quiet would hide a minute of overload.
      eventLoopUtilizationMode: 'interval',
      exposeStatusRoute: false,
      sampleInterval,
    })

    // Two measurements, one after the other: a single stall, as at the start, is over when it is seen.
    const samples: [MeasuredLoad, MeasuredLoad] = [app.memoryUsage(), app.memoryUsage()]
    let shed: readonly SheddingStage[] = []
    const sampling = setInterval(() => {
      samples.shift()
      samples.push(app.memoryUsage())
      shed = STAGES.filter((stage) => samples.every((load) => exceeds(load, thresholds[stage])))
    }, sampleInterval).unref()
    app.addHook('onClose', () => clearInterval(sampling))

    app.decorate('isOverloaded', (stage: SheddingStage = 'last') => shed.includes(stage))

    app.addHook('onRequest', (request, _reply, done) => {
      if (shed.length === 0) {
        done()
        return
      }
      const { probe = false, shedding = 'first' } = request.routeOptions.config
      done(!probe && shed.includes(shedding) ? turnAway(shedding) : undefined)
    })

    // A queue that is too long shows before the event loop is late, and makes everybody's answer late, not only the last.
    app.addHook('onRoute', (route) => {
      const { atOnce, shedding = 'first' } = route.config ?? {}
      if (atOnce === undefined) return
      const { handler, onRequest = [] } = route
      const admission = createAdmission({
        permits: atOnce,
        waiters: atOnce * WAITERS_PER_PLACE,
        timeoutMs: WAIT_MS,
        refuse: (why) => turnAway(shedding, why),
      })
      // Before anything else is done for it: under overload most of the work would go into refusing.
      const refuseIfFull: onRequestHookHandler = (_request, _reply, done) =>
        done(admission.isFull() ? turnAway(shedding, 'the queue is full') : undefined)
      route.onRequest = [refuseIfFull, ...[onRequest].flat()]
      route.handler = async function (request, reply) {
        const leave = await admission.enter()
        try {
          return await handler.call(this, request, reply)
        } finally {
          leave()
        }
      }
    })

    function turnAway(stage: SheddingStage, cause?: string): Problem {
      options.onShed?.(stage)
      const retryAfter = 1 + Math.floor(random() * RETRY_WITHIN_SECONDS)
      return new Problem('overloaded', { headers: { 'retry-after': String(retryAfter) }, cause })
    }
  },
  { name: 'overload', fastify: '5.x', dependencies: ['problem-details'] },
)
