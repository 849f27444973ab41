import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface StatisticsOptions {
  /** Milliseconds since the epoch; the system's clock if left out. */
  now?: () => number
}

/** Milliseconds; null where there was nothing to measure. */
export interface ResponseTimes {
  avg: number | null
  p50: number | null
  p95: number | null
  p99: number | null
}

/** One minute. */
export interface Minute extends ResponseTimes {
  /** When it began, RFC 3339. */
  at: string
  requests: number
  /** Answers that were 5xx. */
  errors: number
}

export interface StatisticsReport {
  windowSeconds: number
  requests: number
  /** The fraction, 0 to 1, of answers that were 5xx; 0 where there were none. */
  errorRate: number
  responseTimeMs: ResponseTimes
  /** The minutes of the window, oldest first; the last one is under way. */
  series: Minute[]
}

export type Statistics = ReturnType<typeof createStatistics>

const MINUTES = 60
const MINUTE_MS = 60_000
/**
 * Microseconds, so that the fastest answers are told apart, to ten minutes, which no answer takes. Two figures put a
 * percentile within 1 %, in some 20 KiB a minute (HdrHistogram, Node's own).
 */
const RANGE = { lowest: 1, highest: 600_000_000, figures: 2 }
const NOTHING: ResponseTimes = { avg: null, p50: null, p95: null, p99: null }

interface Bucket {
  /** Since the epoch; -1 while it was never used. */
  minute: number
  requests: number
  errors: number
  totalMs: number
  times: RecordableHistogram
  /** What it came to when it had so many requests: a minute that is over is worked out once. */
  summary: { requests: number; times: ResponseTimes }
}

/**
 * The last hour of answers in constant memory: a ring of sixty minutes, each with its counts and a histogram.
 */
export function createStatistics({ now = Date.now }: StatisticsOptions = {}) {
  const ring = Array.from({ length: MINUTES }, emptyBucket)
  const whole = createHistogram(RANGE)

  function bucketAt(minute: number): Bucket {
    const bucket = ring[minute % MINUTES]
    if (bucket === undefined) throw new RangeError(`no minute ${minute}`)
    return bucket
  }

  return {
    /** Counts one answer. */
    record(milliseconds: number, status: number): void {
      const minute = Math.floor(now() / MINUTE_MS)
      const bucket = bucketAt(minute)
      if (bucket.minute !== minute) begin(bucket, minute)
      bucket.requests++
      if (status >= 500) bucket.errors++
      bucket.totalMs += milliseconds
      bucket.times.record(microseconds(milliseconds))
    },

    /** Costs about two milliseconds. */
    read(): StatisticsReport {
      const last = Math.floor(now() / MINUTE_MS)
      const sum = { requests: 0, errors: 0, totalMs: 0 }
      whole.reset()
      const series: Minute[] = []
      for (let minute = last - MINUTES + 1; minute <= last; minute++) {
        const at = new Date(minute * MINUTE_MS).toISOString()
        const bucket = bucketAt(minute)
        if (bucket.minute !== minute) {
          series.push({ at, requests: 0, errors: 0, ...NOTHING })
          continue
        }
        sum.requests += bucket.requests
        sum.errors += bucket.errors
        sum.totalMs += bucket.totalMs
        whole.add(bucket.times)
        series.push({ at, requests: bucket.requests, errors: bucket.errors, ...summaryOf(bucket) })
      }
      return {
        windowSeconds: (MINUTES * MINUTE_MS) / 1_000,
        requests: sum.requests,
        errorRate: sum.requests === 0 ? 0 : sum.errors / sum.requests,
        responseTimeMs: timesOf(sum.requests, sum.totalMs, whole),
        series,
      }
    },
  }
}

function emptyBucket(): Bucket {
  return {
    minute: -1,
    requests: 0,
    errors: 0,
    totalMs: 0,
    times: createHistogram(RANGE),
    summary: { requests: 0, times: NOTHING },
  }
}

function begin(bucket: Bucket, minute: number): void {
  bucket.minute = minute
  bucket.requests = 0
  bucket.errors = 0
  bucket.totalMs = 0
  bucket.times.reset()
  bucket.summary = { requests: 0, times: NOTHING }
}

function summaryOf(bucket: Bucket): ResponseTimes {
  const { requests, totalMs, times } = bucket
  if (bucket.summary.requests !== requests) {
    bucket.summary = { requests, times: timesOf(requests, totalMs, times) }
  }
  return bucket.summary.times
}

function timesOf(requests: number, totalMs: number, times: RecordableHistogram): ResponseTimes {
  if (requests === 0) return NOTHING
  const at = (percentile: number) => rounded(times.percentile(percentile) / 1_000)
  return { avg: rounded(totalMs / requests), p50: at(50), p95: at(95), p99: at(99) }
}

const microseconds = (milliseconds: number) =>
  Math.min(Math.max(Math.round(milliseconds * 1_000), RANGE.lowest), RANGE.highest)

const rounded = (milliseconds: number) => Math.round(milliseconds * 1_000) / 1_000
