/** What a dependency's client knows about one failed attempt. */
export interface FailureClass {
  /** The same attempt may succeed in a moment. Only these are made again. */
  transient: boolean
  /** The request may have been carried out although no answer came. */
  outcomeUnknown: boolean
  /** How long the dependency asked to be left alone, in milliseconds. */
  retryAfterMs?: number | undefined
}

/**
 * - `transient`: every attempt that could be made failed in a way that may pass
 * - `permanent`: it would fail the same way again
 * - `circuit-open`: nothing was sent, the dependency is known to be failing
 * - `bulkhead-full`: nothing was sent, too many calls are in flight
 * - `deadline`: the time for the whole call was up
 * - `aborted`: the caller's own signal ended it, or the policy was closed
 */
export type CallFailedReason =
  | 'transient'
  | 'permanent'
  | 'circuit-open'
  | 'bulkhead-full'
  | 'deadline'
  | 'aborted'

export interface CallFailedOptions {
  reason: CallFailedReason
  outcomeUnknown: boolean
  attempts: number
  retryAfterMs?: number | undefined
  cause?: unknown
}

/** A call that did not come to an answer. Its `cause` is what the last attempt threw. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly reason: CallFailedReason
  /** True if any attempt may have been carried out: ask again with the same key before assuming anything. */
  readonly outcomeUnknown: boolean
  /** Attempts that were made; 0 if nothing was sent. */
  readonly attempts: number
  /** Not to be tried again before so many milliseconds, as the dependency asked; a queue may wait that long. */
  readonly retryAfterMs: number | undefined

  constructor(policy: string, options: CallFailedOptions) {
    const attempts = `${options.attempts} attempt${options.attempts === 1 ? '' : 's'}`
    super(`${policy}: ${options.reason} after ${attempts}`, { cause: options.cause })
    this.reason = options.reason
    this.outcomeUnknown = options.outcomeUnknown
    this.attempts = options.attempts
    this.retryAfterMs = options.retryAfterMs
  }
}
