import { traced } from '../tracing/span.ts'
import { AttemptTimedOut, makeAttempt } from './attempt.ts'
import {
  type Admission,
  type BreakerState,
  createBreaker,
  type StateListener,
  type Verdict,
} from './breaker.ts'
import { CallFailed, type CallFailedReason, type FailureClass } from './call-failed.ts'
import { type CallPolicyOptions, withDefaults } from './call-options.ts'
import { nextStep, timeoutOf } from './next-step.ts'
import { createRetryBudget } from './retry-budget.ts'
import { processTime, sleep } from './time.ts'

export interface CallOptions {
  /** A shorter deadline than the policy's, in milliseconds. */
  deadlineMs?: number | undefined
  /** Ends the call when its caller no longer wants it. */
  signal?: AbortSignal | undefined
}

/** Counted since the process began, except for state and `inFlight`. */
export interface CallPolicySnapshot {
  name: string
  state: BreakerState
  /** Calls that came to no answer for a reason that may pass; timeouts are among them. */
  failures: number
  /** Calls that came to an answer, or to a permanent refusal, which is one too. */
  successes: number
  /** Calls refused unsent: the circuit was open, or the bulkhead full. */
  rejects: number
  /** Calls whose last attempt, or whose whole deadline, ran out of time. */
  timeouts: number
  /** Calls that were answered too slowly for the breaker's liking. */
  slow: number
  /** Attempts beyond the first. */
  retries: number
  inFlight: number
  /** RFC 3339; stands while the state is not `closed`. */
  openSince?: string
}

export type CallPolicy = ReturnType<typeof createCallPolicy>

const DEADLINE = new Error('the deadline of the whole call is over')
const CLOSED = new Error('the policy was closed')

/**
 * One dependency's policy: bulkhead, breaker, deadline, attempts, retries. Make one for the life of the
 * process; a breaker made for each call never learns anything, and leaks.
 */
export function createCallPolicy(given: CallPolicyOptions) {
  const time = given.time ?? processTime
  const options = { ...withDefaults(given), time }
  const { name } = options
  const about = { 'service.peer.name': name }
  const breaker = createBreaker(options)
  const budget = createRetryBudget({ ratio: options.retryRatio, reserve: options.retryReserve })
  const counts = { failures: 0, successes: 0, rejects: 0, timeouts: 0, slow: 0, retries: 0 }
  const inFlight = new Set<AbortController>()
  let closed = false

  const unsent = (reason: CallFailedReason) =>
    new CallFailed(name, { reason, outcomeUnknown: false, attempts: 0 })
  const refuse = (reason: CallFailedReason) => {
    counts.rejects++
    return unsent(reason)
  }

  const admit = (): Admission => {
    if (closed) throw unsent('aborted')
    if (breaker.state() === 'open') throw refuse('circuit-open')
    if (inFlight.size >= options.bulkhead) throw refuse('bulkhead-full')
    const admission = breaker.admit()
    if (admission === undefined) throw refuse('circuit-open')
    return admission
  }

  const attemptUntilDone = async <T>(
    attempt: (signal: AbortSignal) => Promise<T>,
    { admission, end, endsAt }: { admission: Admission; end: AbortSignal; endsAt: number },
  ): Promise<T> => {
    let outcomeUnknown = false
    for (let attempts = 1; ; attempts++) {
      let cause: unknown
      let failure: FailureClass
      try {
        return await makeAttempt(traceable(attempt, attempts), {
          timeoutMs: timeoutOf(attempts, endsAt - time.now(), options),
          end,
          time,
        })
      } catch (error) {
        cause = error
        failure = end.aborted || error instanceof AttemptTimedOut ? UNANSWERED : options.classify(error)
        outcomeUnknown ||= failure.outcomeUnknown
      }
      const fail = (reason: CallFailedReason) =>
        new CallFailed(name, { reason, outcomeUnknown, attempts, retryAfterMs: failure.retryAfterMs, cause })

      if (end.aborted) throw fail(reasonOf(end))
      const step = nextStep(failure, attempts, endsAt - time.now(), options)
      if ('stop' in step) throw fail(step.stop)
      if (!breaker.permits(admission) || !budget.withdraw()) throw fail('transient')
      await sleep(time, step.waitMs, end).catch(() => {})
      // Opened meanwhile: those who still wait to retry are the stampede that the breaker is there to stop.
      if (end.aborted || !breaker.permits(admission)) {
        budget.refund()
        throw fail(end.aborted ? reasonOf(end) : 'transient')
      }
      counts.retries++
    }
  }

  const traceable = <T>(attempt: (signal: AbortSignal) => Promise<T>, count: number) => {
    const attributes = { ...about, 'http.request.resend_count': count - 1 }
    return (signal: AbortSignal) =>
      traced(`${name} attempt`, { kind: 'client', attributes }, () => attempt(signal))
  }

  const judge = (error: unknown): Verdict => {
    if (!(error instanceof CallFailed) || error.reason === 'aborted') return 'neutral'
    if (error.reason === 'permanent') {
      counts.successes++
      return 'success'
    }
    counts.failures++
    if (error.reason === 'deadline' || error.cause instanceof AttemptTimedOut) counts.timeouts++
    return 'failure'
  }

  const call = async <T>(attempt: (signal: AbortSignal) => Promise<T>, limits: CallOptions): Promise<T> => {
    const admission = admit()
    budget.deposit()
    const began = time.now()
    const deadlineMs = Math.min(limits.deadlineMs ?? options.deadlineMs, options.deadlineMs)
    const end = new AbortController()
    const onAbort = () => end.abort(limits.signal?.reason)
    const cancel = time.after(deadlineMs, () => end.abort(DEADLINE))
    inFlight.add(end)
    limits.signal?.addEventListener('abort', onAbort, { once: true })
    let verdict: Verdict = 'neutral'
    try {
      if (limits.signal?.aborted) throw unsent('aborted')
      const endsAt = began + deadlineMs
      const answer = await attemptUntilDone(attempt, { admission, end: end.signal, endsAt })
      counts.successes++
      verdict = time.now() - began > options.slowCallMs ? 'failure' : 'success'
      if (verdict === 'failure') counts.slow++
      return answer
    } catch (error) {
      verdict = judge(error)
      throw error
    } finally {
      cancel()
      limits.signal?.removeEventListener('abort', onAbort)
      inFlight.delete(end)
      await breaker.report(admission, verdict)
    }
  }

  return {
    name,

    /**
     * Makes one call: attempts, each under a fresh signal that ends its socket, until one is answered.
     *
     * @throws CallFailed
     */
    call: <T>(attempt: (signal: AbortSignal) => Promise<T>, limits: CallOptions = {}): Promise<T> =>
      traced(`${name} call`, { kind: 'internal', attributes: about }, () => call(attempt, limits)),

    snapshot(): CallPolicySnapshot {
      const since = breaker.openSince()
      return {
        name,
        state: breaker.state(),
        ...counts,
        inFlight: inFlight.size,
        ...(since === undefined ? {} : { openSince: new Date(since).toISOString() }),
      }
    },

    /** The listener must not throw. @returns what takes it off again */
    onStateChange: (listener: StateListener): (() => void) => breaker.onStateChange(listener),

    /** Refuses what comes, ends what is in flight, and stops the breaker's timer. */
    close(): void {
      closed = true
      for (const end of inFlight) end.abort(CLOSED)
      breaker.close()
    },
  }
}

const reasonOf = (end: AbortSignal): CallFailedReason => (end.reason === DEADLINE ? 'deadline' : 'aborted')

/** Out of time: the work may be done, and the answer on its way to nobody. */
const UNANSWERED: FailureClass = { transient: true, outcomeUnknown: true }
