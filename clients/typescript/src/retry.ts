import { bounded, LONGEST_TIMER_MS } from './attempt.ts'
import { isProblem, NetworkError, ProblemError, TimeoutError, UnexpectedAnswerError } from './errors.ts'

/** The numbers are above 0, and `Infinity` is one. */
export interface RetryPolicy {
  /** For a call with all its attempts and the pauses between them, in milliseconds. */
  readonly deadlineMs: number
  /**
   * 1 for none but the first. Default: as many as the deadline leaves time for. What is sent again at once with a fresh token
   * does not count against it.
   */
  readonly maxAttempts: number
  /** For each attempt, in milliseconds. */
  readonly attemptTimeoutMs: number
  /** The bound of the first pause; it doubles with each. */
  readonly baseDelayMs: number
  /** The bound of every pause that the service did not ask for. */
  readonly maxDelayMs: number
  /** From 0 up to 1; for tests. */
  readonly random: () => number
}

/**
 * What may be sent again. `always`: whatever went wrong, for doing it twice does nothing more. `refused`: only what the
 * service has said it did not begin.
 */
export type Repeatable = 'always' | 'refused'

/** Whether an answer of a service, or of something before it, may be another one in a moment. */
const isPassing = (status: number) => status === 408 || status === 429 || status >= 500

/** @throws RangeError that names a number by which nobody can wait or count: what comes of a sum gone wrong, or of a text */
export function checked(policy: RetryPolicy): RetryPolicy {
  const { random: _, ...numbers } = policy
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value !== 'number' || !(value > 0)) {
      throw new RangeError(`${name} has to be a number above 0, and is ${value}`)
    }
  }
  return policy
}

/** Runs attempts until one succeeds, fails for good, or the deadline would be passed; then the last failure is thrown. */
export async function withRetries<T>(
  policy: RetryPolicy,
  repeatable: Repeatable,
  signal: AbortSignal | undefined,
  attempt: (signal: AbortSignal) => Promise<T>,
  onFailure: (error: unknown, retryInMs: number | undefined) => void,
): Promise<T> {
  const endsAt = performance.now() + policy.deadlineMs
  for (let number = 1; ; number++) {
    signal?.throwIfAborted()
    const timeoutMs = Math.min(policy.attemptTimeoutMs, endsAt - performance.now())
    try {
      return await bounded(timeoutMs, signal, attempt)
    } catch (error) {
      const mayRepeat = number < policy.maxAttempts && mayPass(error, repeatable)
      const delay = mayRepeat ? delayAfter(error, number, policy) : undefined
      const retryInMs = delay !== undefined && performance.now() + delay < endsAt ? delay : undefined
      onFailure(error, retryInMs)
      if (retryInMs === undefined) throw error
      await pause(retryInMs, signal)
      // A frozen tab or a device asleep wakes long after its pause: what is sent then would be given up at once.
      if (performance.now() >= endsAt) throw error
    }
  }
}

function mayPass(error: unknown, repeatable: Repeatable): boolean {
  // By these nothing was begun, so that the same may be sent again whatever it is.
  if (isProblem(error, 'idempotency-in-progress', 'order-in-progress', 'rate-limited', 'overloaded'))
    return true
  if (repeatable === 'refused') return false
  if (error instanceof NetworkError || error instanceof TimeoutError) return true
  if (error instanceof ProblemError) return isPassing(error.status)
  // A body that broke off says as little as none.
  return (
    error instanceof UnexpectedAnswerError && (isPassing(error.status) || error.cause instanceof SyntaxError)
  )
}

/**
 * Full jitter: anything up to a bound that doubles, so that clients which failed together do not come back together. What
 * `Retry-After` asks for is waited in full, and the jitter on top of it.
 */
function delayAfter(
  error: unknown,
  number: number,
  { baseDelayMs, maxDelayMs, random }: RetryPolicy,
): number {
  const jitter = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (number - 1))
  const asked =
    error instanceof ProblemError || error instanceof UnexpectedAnswerError ? error.retryAfterMs : undefined
  return asked === undefined ? jitter : asked + Math.min(jitter, baseDelayMs)
}

/** @throws the signal's reason as soon as it is aborted */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(
      () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      },
      Math.min(ms, LONGEST_TIMER_MS),
    )
    signal?.addEventListener('abort', stop, { once: true })
  })
}
