import type { FailureClass } from './call-failed.ts'
import type { Time } from './time.ts'

export interface CallPolicyOptions {
  /** The dependency's name, in errors, metrics and on the dashboard. */
  name: string
  /** What an attempt's error means. It is not asked about timeouts: those are transient and unknown. */
  classify: (error: unknown) => FailureClass
  /** For the whole call, waits and retries included, in milliseconds. */
  deadlineMs: number
  /**
   * For one attempt, in milliseconds, as long as it leaves time for another within the deadline; the last one has what
   * is left. Who always takes longer than this is never heard, so make it most of the deadline where answers may be
   * slow, and no longer than leaves a second attempt what an answer takes on an ordinary day.
   */
  attemptTimeoutMs: number
  /** Attempts beyond the first, at most. */
  retries: number
  /**
   * Whether an attempt that may have been carried out is made again within the call. Default true: asking again is
   * how its outcome is found out, where a key makes the second request the same as the first.
   */
  retryUnknown?: boolean
  /** The first retry waits 0 to this, the next 0 to twice this, and so on, in milliseconds. */
  baseDelayMs: number
  /** Calls in flight, at most; one more is refused, as a queue in memory would only be a slower refusal. */
  bulkhead: number
  /**
   * A call that took longer counts as a failure to the breaker though it came to an answer: slowness is how
   * most outages begin. Default: an attempt's timeout, as only a call that had to retry takes that long; where
   * one attempt has the whole deadline, what is answered is never slow.
   */
  slowCallMs?: number
  /** Extra load that retries may be, as a fraction of the calls. Default 0.2, as Finagle has it. */
  retryRatio?: number
  /** Retries in hand at the start. Default: `retries`, so that a first call is retried as often as any. */
  retryReserve?: number
  /**
   * Calls before the breaker may open on their failure rate, and failures in a row that open it at any rate.
   * Default 5: with a call in twenty failing by chance, five in a row happen once in three million.
   */
  volumeThreshold?: number
  /** Default 5,000: shorter than anybody's patience, and three probes in it are no load. */
  resetTimeoutMs?: number
  /** Default 3: a single probe can be unlucky, and a slow one would hold everybody up for its deadline. */
  probes?: number
  time?: Time
  /** 0 to below 1, as Math.random. */
  random?: () => number
}

/** The figures that argue the same for every dependency. */
export function withDefaults(options: CallPolicyOptions) {
  return {
    retryUnknown: true,
    slowCallMs: options.attemptTimeoutMs,
    retryRatio: 0.2,
    retryReserve: options.retries,
    volumeThreshold: 5,
    resetTimeoutMs: 5_000,
    probes: 3,
    random: Math.random,
    ...options,
    // No retry is begun with less time than this left: one that is sure to be cut off helps nobody, and turns a known
    // outcome into an unknown one.
    leastAttemptMs: options.attemptTimeoutMs / 5,
  }
}
