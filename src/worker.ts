import fastify, { type FastifyInstance } from 'fastify'
import { jobQueue } from '#plugins/job-queue.ts'
import { recurringTask } from '#plugins/recurring-task.ts'
import { orderJobs } from './orders/jobs.ts'
import type { Orders } from './orders/orders.ts'
import { REAPED_AT_ONCE } from './orders/store.ts'
import type { Parts } from './parts.ts'

/** A key's time is over a minute late at most, which nobody notices in a day. */
const REAP_EVERY_MS = 60_000

/**
 * The half that nobody waits for: finishing what a dead process left, charging later, mail, the warehouse. It
 * listens to nothing; being ready starts it, being closed gives the jobs under way back.
 */
export async function buildWorker(parts: Parts): Promise<FastifyInstance> {
  const app = fastify({ loggerInstance: parts.log })
  const { dead } = parts.telemetry
  await app.register(jobQueue, {
    databaseUrl: parts.database.hostInUse,
    handlers: orderJobs(parts.orders),
    onDead: (queue) => void dead.set(queue, (dead.get(queue) ?? 0) + 1),
  })
  await app.register(recurringTask, {
    task: 'reap idempotency keys',
    everyMs: REAP_EVERY_MS,
    run: () => reapAll(parts.orders),
  })
  return app
}

async function reapAll({ store }: Orders): Promise<void> {
  while ((await store.reapKeys()) === REAPED_AT_ONCE);
}
