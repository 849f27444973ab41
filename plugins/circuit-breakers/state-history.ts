import type { BreakerState } from './breaker.ts'
import type { CallPolicy } from './call-policy.ts'

export interface StateChange {
  /** RFC 3339. */
  at: string
  /** What it became. */
  state: BreakerState
}

/** A circuit that flaps all the time changes every few seconds; the last few minutes of that tell enough. */
const MOST = 50
const HOUR_MS = 3_600_000

/**
 * Remembers when a policy's circuit changed.
 *
 * @param now milliseconds since the epoch
 * @returns the changes of the last hour, at most 50, oldest first
 */
export function keepStateHistory(
  policy: Pick<CallPolicy, 'onStateChange'>,
  now: () => number = Date.now,
): () => StateChange[] {
  const changes: { at: number; state: BreakerState }[] = []
  policy.onStateChange((state) => {
    changes.push({ at: now(), state })
    if (changes.length > MOST) changes.shift()
  })
  return () => {
    const since = now() - HOUR_MS
    return changes
      .filter(({ at }) => at > since)
      .map(({ at, state }) => ({ at: new Date(at).toISOString(), state }))
  }
}
