import { setTimeout as pause } from 'node:timers/promises'
import type { JobResult, JobWithMetadata, PgBoss } from 'pg-boss'
import { backoffMs, type Job, type JobOutcome, unaskedMs } from './job.ts'

/** Long enough that quick work is written down together, short for what may be done twice after a crash. */
const EARLY_MS = 50
/** Between attempts to write that down: the database ended the connection, or is away. */
const AGAIN_AFTER_MS = 250
/** Once this process is to end, which an absent database must not keep it from. */
const LAST_TRIES = 4

type Retry = Extract<JobOutcome, { kind: 'retry' }>

/** A claim on a job, which ends with the attempt: a later one has another count. */
type JobAttempt = Pick<JobWithMetadata<unknown>, 'id' | 'retryCount'>

/** Where the attempts of a batch are written down: all of them fenced, so that one whose claim was lost changes nothing. */
export interface Settling {
  boss: PgBoss
  queue: string
  /** With which jobs are enqueued: what one has beyond was added for attempts that did not count. */
  retryLimit: number
  random: () => number
  /** Aborted when this process is to end. */
  stopping: AbortSignal
  complain: (error: unknown, message: string) => void
}

/**
 * Writes down how an attempt ended, as far as pg-boss cannot do it: it knows no `Retry-After`, no full jitter, and no
 * attempt that does not count.
 *
 * @returns what pg-boss writes down when the whole batch has ended; it finds nothing left to do for what is written
 */
export async function settle(
  settling: Settling,
  row: JobWithMetadata<unknown>,
  { id, attempt, log }: Job<unknown>,
  outcome: JobOutcome,
): Promise<JobResult> {
  const { boss, queue } = settling
  if (outcome.kind === 'done') return { id, status: 'completed' }
  const { reason, cause: err } = outcome
  const output = { reason }
  const counts = outcome.kind === 'dead' || (outcome.counts ?? true)
  if (outcome.kind === 'dead' || (counts && row.retryCount >= row.retryLimit)) {
    // At warn: whoever watches over the dead letters tells of each, this one or one that pg-boss gave up.
    log.warn({ err, reason, attempt }, 'a job failed for good')
    return { id, status: 'deadletter', output }
  }
  const delayMs = delayOf(outcome, row, settling)
  log.warn({ err, reason, attempt, delayMs }, 'a job will be tried again')
  try {
    await postpone()
  } catch (error) {
    log.warn({ err: error }, 'a delay could not be written down')
  }
  return { id, status: 'failed', output }

  /**
   * An attempt that does not count raises the limit by the one it used. The delay is for this once and not the job's:
   * if the worker of the next attempt is killed, nobody waits for as long again.
   */
  async function postpone() {
    await boss.getDb().executeSql(
      `update pgboss.job
       set state = 'retry', start_after = now() + $4 * interval '1 millisecond', retry_limit = retry_limit + $5,
           heartbeat_on = null, output = $6
       where name = $1 and id = $2 and retry_count = $3 and state = 'active'`,
      [queue, id, row.retryCount, delayMs, counts ? 0 : 1, JSON.stringify(output)],
    )
  }
}

/**
 * An attempt that counts waits for its backoff at least, whatever it was told: fifteen that come at once use a job up in
 * seconds. One that does not count has no end to come to, and waits as it was told.
 */
function delayOf(
  { afterMs, counts = true }: Retry,
  { retryCount, retryLimit, createdOn, startedOn }: JobWithMetadata<unknown>,
  { random, retryLimit: atFirst }: Settling,
): number {
  if (counts) {
    const counted = Math.min(retryCount, atFirst - (retryLimit - retryCount))
    return Math.max(afterMs ?? 0, backoffMs(counted + 1, random))
  }
  return afterMs ?? unaskedMs(startedOn.getTime() - createdOn.getTime(), random)
}

/**
 * Writes down what is done: soon, though others of its batch are still under way, or a mail that was sent would be sent
 * again if this process is killed while the one beside it waits for its server. And until it stands there: pg-boss, which
 * writes the whole batch in the end, takes all of it for failed where it loses its connection over that.
 */
export function noteDone({ boss, queue, stopping, complain }: Settling) {
  let done: JobAttempt[] = []
  let timer: NodeJS.Timeout | undefined
  let written = Promise.resolve()

  const write = () => {
    clearTimeout(timer)
    timer = undefined
    if (done.length === 0) return
    const attempts = done
    done = []
    written = Promise.all([written, writeDown(attempts)]).then(() => {})
  }

  async function writeDown(attempts: JobAttempt[]): Promise<void> {
    for (let left = LAST_TRIES; left > 0; ) {
      try {
        await boss.complete(queue, attempts)
        return
      } catch (error) {
        complain(error, 'what is done cannot be written down yet')
        if (stopping.aborted) left -= 1
        await pause(AGAIN_AFTER_MS)
      }
    }
  }

  return {
    add({ id, retryCount }: JobAttempt) {
      done.push({ id, retryCount })
      timer ??= setTimeout(write, EARLY_MS)
    },
    /** Resolves when all of it is written down, or this process has no more time for that. */
    end: async (): Promise<void> => {
      write()
      await written
    },
  }
}
