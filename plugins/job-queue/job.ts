import type { FastifyBaseLogger } from 'fastify'

/** A piece of queued work, as its handler sees it. */
export interface Job<Data> {
  id: string
  data: Data
  /** 1 for the first. */
  attempt: number
  /** Whose request called for it; goes out with every call the job makes. */
  context: { requestId: string; traceparent?: string }
  log: FastifyBaseLogger
}

/** How an attempt ended. A handler that throws has met a bug: the attempt counts, and the error is logged. */
export type JobOutcome =
  | { kind: 'done' }
  | {
      kind: 'retry'
      reason: string
      /**
       * When the dependency wants to be asked again, at the soonest: the queue's own backoff may be longer. Of an attempt
       * that does not count, it is just when.
       */
      afterMs?: number
      /** False when nobody was asked (an open circuit, no database): then it is no attempt. Default true. */
      counts?: boolean
      cause?: unknown
    }
  /** Trying again cannot help: a dead letter at once. */
  | { kind: 'dead'; reason: string; cause?: unknown }

export type JobHandlers<Queue extends string> = Record<Queue, (job: Job<unknown>) => Promise<JobOutcome>>

/** Doubles from here; the first retry of a queued charge has to come within five seconds. */
const BASE_DELAY_MS = 2_000
/** The contract's most. */
const MAX_DELAY_MS = 300_000

/**
 * Exponential backoff with full jitter: anywhere between nothing and a bound that doubles, so that what failed
 * together does not come back together.
 *
 * @param attempt 1 after the first attempt that counts
 */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.min(BASE_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS) * random()
}

/**
 * For what could not be asked at all (an open circuit, a database that is away): anywhere between nothing and as long as
 * the job has waited already. So an outage is waited for once more at most, where doubling by attempts that cost nobody
 * anything would soon be far longer; and a backlog does not come back all the time.
 *
 * @param waitedMs since the job was enqueued
 */
export function unaskedMs(waitedMs: number, random: () => number): number {
  return Math.min(Math.max(waitedMs, BASE_DELAY_MS), MAX_DELAY_MS) * random()
}
