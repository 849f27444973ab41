import assert from 'node:assert/strict'
import { after } from 'node:test'
import fastify from 'fastify'
import type { Sql } from 'postgres'
import { type Job, type JobOutcome, jobQueue } from '#plugins/job-queue.ts'
import { QUEUES, type QueueName, queueSettings } from '#src/jobs/queues.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect } from '../support/shop.ts'

/** What a job of a test does. */
export type Handle = (job: Job<unknown>) => Promise<JobOutcome>

export const done = async (): Promise<JobOutcome> => ({ kind: 'done' })

interface StoredJob {
  state: string
  retry_count: number
  retry_limit: number
  retry_delay: number
  retry_backoff: boolean
  output: unknown
  start_after: Date
  /** Seconds until it is due. */
  wait: number
}

interface WorkerOptions {
  /** Another worker's; if left out, one of its own. */
  databaseUrl?: string
  concurrency?: Record<string, number>
}

/** A worker of all the queues, whose jobs do what the test says; closed after the file. */
export async function startWorker(options: WorkerOptions = {}) {
  const databaseUrl = options.databaseUrl ?? (await createDatabase({ after }))
  const sql: Sql = connect({ after }, databaseUrl)
  const behaviours = new Map<string, Handle>()
  const handle: Handle = (job) => behaviours.get(job.id)?.(job) ?? done()
  const app = fastify()
  await app.register(jobQueue, {
    databaseUrl: () => databaseUrl,
    handlers: Object.fromEntries(QUEUES.map((queue) => [queue, handle])),
    retryLimit: queueSettings.retryLimit,
    monitorSeconds: 1,
    concurrency: options.concurrency ?? {},
    random: () => 0.5,
  })
  after(() => app.close())
  await app.ready()
  return {
    databaseUrl,
    sql,
    behaviours,
    close: () => app.close(),
    giveBackJobs: () => app.giveBackJobs(),
    /** At once, so that they are taken together. @param retryCount attempts that they have behind them */
    async enqueue(queue: QueueName, handles: Record<string, Handle>, retryCount = 0) {
      for (const [id, behaviour] of Object.entries(handles)) behaviours.set(id, behaviour)
      const jobs = Object.keys(handles).map((id) => ({ queue, id, data: {} }))
      await sql.begin(async (tx) => {
        await tx`select enqueue_jobs(${JSON.stringify(jobs)}::text::jsonb)`
        if (retryCount > 0) {
          await tx`update pgboss.job set retry_count = ${retryCount} where id in ${tx(Object.keys(handles))}`
        }
      })
    },
    async countOf(state: string): Promise<number> {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::integer from pgboss.job where state = ${state}`
      return row?.count ?? 0
    },
    /** By the clock of the moment the row is read: `now()` may be older than the row, which then waits longer than it was told. */
    async find(id: string): Promise<StoredJob> {
      const [job] = await sql<StoredJob[]>`
        select state, retry_count, retry_limit, retry_delay, retry_backoff, output, start_after,
               extract(epoch from start_after - clock_timestamp())::float8 as wait
        from pgboss.job where id = ${id}`
      assert.ok(job !== undefined)
      return job
    },
    async letterOf(id: string) {
      const [letter] = await sql`
        select source_output, source_retry_count from pgboss.job where source_id = ${id} and source_name is not null`
      return letter
    },
  }
}
