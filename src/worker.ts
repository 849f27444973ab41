import fastify, { type FastifyInstance } from 'fastify'
import { type JobQueueOptions, jobQueue } from '#plugins/job-queue.ts'
import { recurringTask } from '#plugins/recurring-task.ts'
import { queueConcurrency } from './jobs/queues.ts'
import { orderJobs } from './orders/jobs.ts'
import type { Orders } from './orders/orders.ts'
import { REAPED_AT_ONCE } from './orders/store.ts'
import type { Parts } from './parts.ts'

/** A key's time is over a minute late at most, which nobody notices in a day. */
const REAP_EVERY_MS = 60_000
/** As soon as a person could act on it; it costs a look into an index that is empty. */
const LOOK_FOR_DEAD_LETTERS_EVERY_MS = 1_000

/** Figures to differ from the plugin's, in tests. */
export type WorkerOptions = Pick<JobQueueOptions, 'monitorSeconds' | 'tracer'>

/**
 * The half that nobody waits for: finishing what a dead process left, charging later, mail, the warehouse. It
 * listens to nothing; being ready starts it, being closed gives the jobs under way back.
 */
export async function buildWorker(parts: Parts, options: WorkerOptions = {}): Promise<FastifyInstance> {
  const app = fastify({ loggerInstance: parts.log })
  await app.register(jobQueue, {
    databaseUrl: parts.database.hostInUse,
    handlers: orderJobs(parts.orders),
    concurrency: queueConcurrency,
    ...options,
  })
  await app.register(recurringTask, {
    task: 'reap idempotency keys',
    everyMs: REAP_EVERY_MS,
    run: () => reapAll(parts.orders),
  })
  await app.register(recurringTask, {
    task: 'look for dead letters',
    everyMs: LOOK_FOR_DEAD_LETTERS_EVERY_MS,
    run: () => parts.deadLetterAlerts.look(),
  })
  return app
}

async function reapAll({ store }: Orders): Promise<void> {
  while ((await store.reapKeys()) === REAPED_AT_ONCE);
}
