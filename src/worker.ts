import fastify, { type FastifyInstance } from 'fastify'
import { type JobQueueOptions, jobQueue } from '#plugins/job-queue.ts'
import { recurringTask } from '#plugins/recurring-task.ts'
import { queueConcurrency, queueSettings } from './jobs/queues.ts'
import { orderJobs } from './orders/jobs.ts'
import type { Parts } from './parts.ts'

/**
 * Small bites all the time instead of a feast every minute: a thousand keys this often are more than one database
 * takes orders, a backlog of days never becomes a burst that orders feel, and closing waits for one bite at most.
 */
export const REAP_EVERY_MS = 250
/** A moment, beside the lease that ended before; it costs a look at the orders that are in flight. */
const LOOK_FOR_ABANDONED_EVERY_MS = 1_000
/** As soon as a person could act on it; it costs a look into an index that is empty. */
const LOOK_FOR_DEAD_LETTERS_EVERY_MS = 1_000

/** Figures to differ from the plugin's, in tests. */
export type WorkerOptions = Pick<JobQueueOptions, 'monitorSeconds' | 'tracer'>

/**
 * The half that nobody waits for: finishing what a dead process left, charging later, mail, the warehouse. It
 * listens to nothing; being ready starts it, being closed waits for the jobs under way, unless they are given back.
 */
export async function buildWorker(parts: Parts, options: WorkerOptions = {}): Promise<FastifyInstance> {
  const app = fastify({ loggerInstance: parts.log })
  await app.register(jobQueue, {
    databaseUrl: parts.database.hostInUse,
    handlers: orderJobs(parts.orders),
    retryLimit: queueSettings.retryLimit,
    concurrency: queueConcurrency,
    ...options,
  })
  await app.register(recurringTask, {
    task: 'look for abandoned orders',
    everyMs: LOOK_FOR_ABANDONED_EVERY_MS,
    run: () => parts.orders.store.queueAbandoned(),
  })
  await app.register(recurringTask, {
    task: 'reap idempotency keys',
    everyMs: REAP_EVERY_MS,
    run: () => parts.orders.store.reapKeys(),
  })
  await app.register(recurringTask, {
    task: 'look for dead letters',
    everyMs: LOOK_FOR_DEAD_LETTERS_EVERY_MS,
    run: () => parts.deadLetterAlerts.look(),
  })
  return app
}
