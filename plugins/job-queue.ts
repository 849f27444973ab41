import type { FastifyBaseLogger } from 'fastify'
import fp from 'fastify-plugin'
import { type JobResult, type JobWithMetadata, PgBoss } from 'pg-boss'
import { connectionTo } from './job-queue/connection.ts'
import { backoffMs, type Job, type JobHandlers, type JobOutcome } from './job-queue/job.ts'

export type { Job, JobHandlers, JobOutcome } from './job-queue/job.ts'

export interface JobQueueOptions {
  /** The `postgres://` URL, as of now, of a database whose job tables and queues are there; of one host. */
  databaseUrl: () => string
  /** What to do with the jobs of each queue. */
  handlers: JobHandlers<string>
  /** From 0 to 1; Math.random if left out. */
  random?: () => number
}

/** Twice the poll is the most that a job waits when it is quiet; each queue costs one statement a poll. */
const POLL_SECONDS = 1
/** Taken at once by one worker: calls to dependencies overlap, and one slow job does not hold many others. */
const BATCH = 10
/** Each queue has workers of its own, so that a backlog of mail delays no charge. */
const WORKERS_PER_QUEUE = 2
/** Dead workers' jobs come back within the heartbeat (20 s) and one of these. */
const MONITOR_SECONDS = 10
/** Between attempts to reach the database while it is away. */
const RECONNECT_MS = 1_000
/** What a job under way may take to end at shutdown, before it is given back. */
const STOP_TIMEOUT_MS = 8_000

/**
 * Works through queues that live in PostgreSQL (pg-boss). Jobs are enqueued in SQL, in the statement that calls
 * for them; this takes them, runs them, and settles them: done, again later, or dead.
 *
 * It waits for the database in the background, so that a process starts without one.
 */
export const jobQueue = fp<JobQueueOptions>(
  async (app, options) => {
    const stopping = new AbortController()
    let boss: PgBoss | undefined
    let started: Promise<void> | undefined

    app.addHook('onReady', async () => {
      started = startWhenPossible()
    })
    app.addHook('onClose', async () => {
      stopping.abort()
      await started
      await boss?.stop({ graceful: true, timeout: STOP_TIMEOUT_MS })
    })

    async function startWhenPossible() {
      while (!stopping.signal.aborted) {
        const candidate = createBoss(options.databaseUrl, app.log)
        try {
          await candidate.start()
          boss = candidate
          for (const [queue, handler] of Object.entries(options.handlers))
            await work(candidate, queue, handler)
          return
        } catch (error) {
          app.log.warn({ err: error }, 'the job queue is not there yet')
          boss = undefined
          await candidate.stop({ graceful: false }).catch(() => {})
          await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
        }
      }
    }

    async function work(on: PgBoss, queue: string, handler: JobHandlers<string>[string]) {
      const settings = {
        batchSize: BATCH,
        localConcurrency: WORKERS_PER_QUEUE,
        pollingIntervalSeconds: POLL_SECONDS,
        burstWhenBatchFull: true,
        includeMetadata: true,
        perJobResults: true,
      } as const
      await on.work(queue, settings, (jobs: JobWithMetadata<unknown>[]) =>
        Promise.all(jobs.map((job) => run(on, queue, handler, job))),
      )
    }

    async function run(
      on: PgBoss,
      queue: string,
      handler: JobHandlers<string>[string],
      row: JobWithMetadata<unknown>,
    ): Promise<JobResult> {
      const job = toJob(row, app.log.child({ queue, jobId: row.id }))
      const outcome = await handler(job).catch(
        (error: unknown): JobOutcome => ({ kind: 'retry', reason: String(error), cause: error }),
      )
      return await settle(on, queue, row, job, outcome)
    }

    async function settle(
      on: PgBoss,
      queue: string,
      row: JobWithMetadata<unknown>,
      { id, attempt, log }: Job<unknown>,
      outcome: JobOutcome,
    ): Promise<JobResult> {
      if (outcome.kind === 'done') return { id, status: 'completed' }
      const output = { reason: outcome.reason }
      const counts = outcome.kind === 'dead' || (outcome.counts ?? true)
      if (outcome.kind === 'dead' || (counts && row.retryCount >= row.retryLimit)) {
        // At warn: whoever watches over the dead letters tells of each, this one or one that pg-boss gave up.
        log.warn({ err: outcome.cause, reason: outcome.reason, attempt }, 'a job failed for good')
        return { id, status: 'deadletter', output }
      }
      const delayMs = outcome.afterMs ?? backoffMs(attempt, options.random ?? Math.random)
      log.warn({ err: outcome.cause, reason: outcome.reason, attempt, delayMs }, 'a job will be tried again')
      await postpone(on, queue, id, delayMs, counts)
      return { id, status: 'failed', output }
    }
  },
  { name: 'job-queue', fastify: '5.x' },
)

function createBoss(databaseUrl: () => string, log: FastifyBaseLogger): PgBoss {
  const boss = new PgBoss({
    ...connectionTo(databaseUrl),
    // Polls are short; one connection for them, one for settling while the other waits.
    max: 2,
    application_name: 'holdfast-jobs',
    connectionTimeoutMillis: 5_000,
    migrate: false,
    createSchema: false,
    schedule: false,
    superviseIntervalSeconds: MONITOR_SECONDS,
    monitorIntervalSeconds: MONITOR_SECONDS,
  })
  // Lost connections and failed polls come here; each is tried again by itself.
  boss.on('error', (error) => log.warn({ err: asError(error) }, 'the job queue met an error'))
  return boss
}

/** Some of its errors are plain objects with an error's members. */
function asError(error: Error): Error {
  return error instanceof Error ? error : Object.assign(new Error(), error)
}

function toJob(row: JobWithMetadata<unknown>, log: FastifyBaseLogger): Job<unknown> {
  const requestId = textAt(row.data, 'requestId') ?? row.id
  const traceparent = textAt(row.data, 'traceparent')
  const context = traceparent === undefined ? { requestId } : { requestId, traceparent }
  return { id: row.id, data: row.data, attempt: row.retryCount + 1, context, log: log.child({ requestId }) }
}

function textAt(data: unknown, member: string): string | undefined {
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, member) : undefined
  return typeof value === 'string' ? value : undefined
}

/**
 * pg-boss knows no `Retry-After`, and its jitter is half of it: so the delay is written into the job before the
 * job is failed. An attempt that does not count raises the limit by the one it used.
 */
async function postpone(boss: PgBoss, queue: string, id: string, delayMs: number, counts: boolean) {
  await boss.getDb().executeSql(
    `update pgboss.job
     set retry_delay = $3, retry_backoff = false, retry_limit = retry_limit + $4
     where name = $1 and id = $2 and state = 'active'`,
    [queue, id, Math.max(1, Math.round(delayMs / 1000)), counts ? 0 : 1],
  )
}
