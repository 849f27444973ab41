import fastify, { type FastifyInstance } from 'fastify'
import { jobQueue } from '#plugins/job-queue.ts'
import { orderJobs } from './orders/jobs.ts'
import type { Parts } from './parts.ts'

/**
 * The half that nobody waits for: finishing what a dead process left, charging later, mail, the warehouse. It
 * listens to nothing; being ready starts it, being closed gives the jobs under way back.
 */
export async function buildWorker(parts: Parts): Promise<FastifyInstance> {
  const app = fastify({ loggerInstance: parts.log })
  await app.register(jobQueue, { databaseUrl: parts.config.databaseUrl, handlers: orderJobs(parts.orders) })
  return app
}
