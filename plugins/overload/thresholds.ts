import { getHeapStatistics } from 'node:v8'

/** What goes first and what goes last when there is too much to do. */
export const STAGES = ['first', 'middle', 'last'] as const

export type SheddingStage = (typeof STAGES)[number]

/** The load above which a stage is shed. 0 or left out: not looked at. */
export interface Load {
  /** Mean milliseconds by which the event loop was late over the last sample. */
  readonly eventLoopDelayMs?: number
  /**
   * Fraction (0 to 1) of the last sample that the event loop was busy. Off by default: one that is busy all the time
   * and still on time is well used, not overloaded.
   */
  readonly eventLoopUtilization?: number
  readonly heapUsedBytes?: number
  readonly rssBytes?: number
}

export type Thresholds = Readonly<Record<SheddingStage, Load>>

/** Above this, in parts of the heap's limit, collecting garbage is most of what the process does. */
const HEAP = { first: 0.9, middle: 0.94, last: 0.97 }

/**
 * A quarter of a second of delay is some ten times what a busy but sound process shows, and a person begins to notice;
 * at a whole one, clients give up and come again, and answers are worth nothing any more.
 */
export function defaultThresholds(heapLimitBytes = getHeapStatistics().heap_size_limit): Thresholds {
  return {
    first: { eventLoopDelayMs: 250, heapUsedBytes: heapLimitBytes * HEAP.first },
    middle: { eventLoopDelayMs: 500, heapUsedBytes: heapLimitBytes * HEAP.middle },
    last: { eventLoopDelayMs: 1_000, heapUsedBytes: heapLimitBytes * HEAP.last },
  }
}

/** The load as under-pressure measures it. */
export interface MeasuredLoad {
  readonly eventLoopDelay: number
  readonly eventLoopUtilized: number
  readonly heapUsed: number
  readonly rssBytes: number
}

export function exceeds(load: MeasuredLoad, limit: Load): boolean {
  return (
    over(load.eventLoopDelay, limit.eventLoopDelayMs) ||
    over(load.eventLoopUtilized, limit.eventLoopUtilization) ||
    over(load.heapUsed, limit.heapUsedBytes) ||
    over(load.rssBytes, limit.rssBytes)
  )
}

function over(value: number, limit = 0): boolean {
  return limit > 0 && value > limit
}
