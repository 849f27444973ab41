import type { CallFailedReason, FailureClass } from './call-failed.ts'
import type { withDefaults } from './call-options.ts'

type Figures = ReturnType<typeof withDefaults>

/** What follows a failed attempt: no other, and why; or another one, after a while. */
export type NextStep = { stop: CallFailedReason } | { waitMs: number }

/**
 * @param attempts those that were made
 * @param leftMs of the whole call
 */
export function nextStep(
  failure: FailureClass,
  attempts: number,
  leftMs: number,
  figures: Figures,
): NextStep {
  if (!failure.transient) return { stop: 'permanent' }
  if (attempts > figures.retries) return { stop: 'transient' }
  if (failure.outcomeUnknown && !figures.retryUnknown) return { stop: 'transient' }
  // Full jitter, on top of what was asked for: clients told the same time must not all come at it.
  const jitterMs = figures.random() * figures.baseDelayMs * 2 ** (attempts - 1)
  const waitMs = (failure.retryAfterMs ?? 0) + jitterMs
  return waitMs + figures.leastAttemptMs > leftMs ? { stop: 'transient' } : { waitMs }
}

/**
 * An attempt is cut off to leave time for another. One that no other can follow has all the time that is left: who
 * answers late is heard then, where cutting off would only leave the outcome unknown.
 *
 * @param attempt 1 for the first
 */
export function timeoutOf(attempt: number, leftMs: number, figures: Figures): number | undefined {
  const { attemptTimeoutMs, leastAttemptMs, retries, retryUnknown } = figures
  const leavesTime = attemptTimeoutMs + leastAttemptMs <= leftMs
  return attempt <= retries && retryUnknown && leavesTime ? attemptTimeoutMs : undefined
}
