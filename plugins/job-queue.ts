import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import fp from 'fastify-plugin'
import { type JobWithMetadata, PgBoss } from 'pg-boss'
import { createAttempts } from './job-queue/attempts.ts'
import { createComplaints } from './job-queue/complaints.ts'
import { connectionTo } from './job-queue/connection.ts'
import type { Job, JobHandlers, JobOutcome } from './job-queue/job.ts'
import { reasonOf } from './job-queue/reason.ts'
import { noteDone, settle } from './job-queue/settle.ts'
import { steadyClock } from './job-queue/steady-clock.ts'
import { takeInTurns } from './job-queue/take-in-turns.ts'
import { tracedHandler } from './job-queue/traced-job.ts'
import { parseTraceparent } from './request-id/traceparent.ts'
import type { Tracer } from './tracing.ts'

export type { Job, JobHandlers, JobOutcome } from './job-queue/job.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Takes no more jobs, and gives those under way back: another process may begin them at once, and these attempts do
     * not count. For an end that cannot wait for them, which closing does.
     */
    giveBackJobs(): void
    /** Rejects where no job can be taken: the workers could not begin, or their own connections are of no use. */
    askJobQueue(): Promise<void>
  }
}

export interface JobQueueOptions {
  /** The `postgres://` URL, as of now, of a database whose job tables and queues are there; of one host. */
  databaseUrl: () => string
  /** What to do with the jobs of each queue. */
  handlers: JobHandlers<string>
  /** How often a job is tried again, as its queue was created: none of its attempts that count goes beyond. */
  retryLimit: number
  /** How many jobs of a queue this process works on at once; 20 if left out. */
  concurrency?: Record<string, number>
  /**
   * How often to look for jobs whose workers died, for all processes together. A job runs again after its queue's
   * heartbeat, up to two of these (who looks next may have come a moment too early before), the queue's retry delay
   * and a poll. 10 if left out.
   */
  monitorSeconds?: number
  /** Where somebody wants traces. */
  tracer?: Tracer | undefined
  /** From 0 to 1; Math.random if left out. */
  random?: () => number
}

/** Twice the poll is the most that a job waits while there is a place for it; each queue costs one statement a poll. */
export const POLL_SECONDS = 1
/** Jobs of a queue at once: they wait for others, mostly. Each queue has its own, so that a backlog of mail delays no charge. */
const CONCURRENCY = 20
/** How often jobs of dead workers are looked for; see `monitorSeconds`. */
export const MONITOR_SECONDS = 10
/** Between attempts to reach the database while it is away. */
const RECONNECT_MS = 1_000

/**
 * Works through queues that live in PostgreSQL (pg-boss). Jobs are enqueued in SQL, in the statement that calls
 * for them; this takes them, runs them, and settles them: done, again later, or dead.
 *
 * It waits for the database in the background, so that a process starts without one. Closing takes no more jobs and waits
 * for those under way; how long, whoever closes it knows.
 */
export const jobQueue = fp<JobQueueOptions>(
  async (app, options) => {
    const stopping = new AbortController()
    const attempts = createAttempts()
    const complain = createComplaints(app.log)
    const connection = connectionTo(options.databaseUrl)
    let boss: PgBoss | undefined
    let started: Promise<void> | undefined
    let missing: Error | undefined

    app.addHook('onReady', async () => {
      started = startWhenPossible()
    })
    app.addHook('onClose', async () => {
      await finish()
      await boss?.stop({ graceful: false })
    })
    app.decorate('giveBackJobs', () => {
      attempts.giveBack()
      void finish()
    })
    app.decorate('askJobQueue', async () => {
      if (missing !== undefined) throw missing
      await boss?.getDb().executeSql('select 1')
    })

    /** By queues: pg-boss as a whole looks only twice a second whether its workers have ended. */
    async function finish() {
      stopping.abort()
      await started
      await Promise.all(Object.keys(options.handlers).map((queue) => boss?.offWork(queue)))
    }

    async function startWhenPossible() {
      while (!stopping.signal.aborted) {
        const candidate = createBoss(connection, options, complain)
        try {
          await candidate.start()
          boss = candidate
          for (const [queue, handler] of Object.entries(options.handlers))
            await work(candidate, queue, tracedHandler(options.tracer, queue, handler))
          missing = undefined
          return
        } catch (error) {
          missing = new Error('the job queue is not there yet', { cause: error })
          complain(error, missing.message)
          boss = undefined
          await candidate.stop({ graceful: false }).catch(() => {})
          await pause(RECONNECT_MS, undefined, { signal: stopping.signal }).catch(() => {})
        }
      }
    }

    async function work(on: PgBoss, queue: string, handler: JobHandlers<string>[string]) {
      const concurrency = options.concurrency?.[queue] ?? CONCURRENCY
      const settling = {
        boss: on,
        queue,
        retryLimit: options.retryLimit,
        random: options.random ?? Math.random,
        stopping: stopping.signal,
        complain,
      }
      const taking = { boss: on, queue, concurrency, pollSeconds: POLL_SECONDS, stopping: stopping.signal }
      await takeInTurns(taking, async (rows, leave) => {
        const notes = noteDone(settling)
        try {
          return await Promise.all(
            rows.map(async (row) => {
              const job = toJob(row, app.log.child({ queue, jobId: row.id }))
              const outcome = await attempts.outcomeOf(() => attempt(handler, job))
              leave(row)
              if (outcome.kind === 'done') notes.add(row)
              return await settle(settling, row, job, outcome)
            }),
          )
        } finally {
          await notes.end()
        }
      })
    }
  },
  { name: 'job-queue', fastify: '5.x' },
)

function createBoss(
  connection: ReturnType<typeof connectionTo>,
  { monitorSeconds = MONITOR_SECONDS }: JobQueueOptions,
  complain: ReturnType<typeof createComplaints>,
): PgBoss {
  const boss = new PgBoss({
    ...connection,
    // Polls are short; one connection for them, one for settling while the other waits.
    max: 2,
    application_name: 'holdfast-jobs',
    clock: steadyClock,
    connectionTimeoutMillis: 5_000,
    migrate: false,
    createSchema: false,
    schedule: false,
    superviseIntervalSeconds: monitorSeconds,
    monitorIntervalSeconds: monitorSeconds,
  })
  // Lost connections and failed polls come here; each is tried again by itself.
  boss.on('error', (error) => complain(error, 'the job queue met an error'))
  return boss
}

async function attempt(handler: JobHandlers<string>[string], job: Job<unknown>): Promise<JobOutcome> {
  try {
    return await handler(job)
  } catch (error) {
    return { kind: 'retry', reason: reasonOf(error), cause: error }
  }
}

function toJob(row: JobWithMetadata<unknown>, log: FastifyBaseLogger): Job<unknown> {
  const requestId = textAt(row.data, 'requestId') ?? row.id
  const traceparent = textAt(row.data, 'traceparent')
  const context = traceparent === undefined ? { requestId } : { requestId, traceparent }
  const traceId = parseTraceparent(traceparent)?.traceId
  const named = log.child(traceId === undefined ? { requestId } : { requestId, traceId })
  return { id: row.id, data: row.data, attempt: row.retryCount + 1, context, log: named }
}

function textAt(data: unknown, member: string): string | undefined {
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, member) : undefined
  return typeof value === 'string' ? value : undefined
}
