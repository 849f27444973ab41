import type { JobOutcome } from './job.ts'

const GIVEN_BACK: JobOutcome = { kind: 'retry', reason: 'its process ended', afterMs: 0, counts: false }

/**
 * Attempts under way, which can be given back all at once when their process ends: another may then begin them, and
 * these do not count.
 */
export function createAttempts() {
  const underWay = new Set<(outcome: JobOutcome) => void>()
  let over = false

  return {
    /**
     * What the attempt came to, or that it was given back, whichever is first; one given back before it began never does.
     * Each has a promise of its own to wait for: one for all, which settles only when the process ends, would keep
     * something of everybody who ever waited for it.
     */
    async outcomeOf(attempt: () => Promise<JobOutcome>): Promise<JobOutcome> {
      if (over) return GIVEN_BACK
      const { promise, resolve } = Promise.withResolvers<JobOutcome>()
      underWay.add(resolve)
      try {
        return await Promise.race([attempt(), promise])
      } finally {
        underWay.delete(resolve)
      }
    },

    giveBack(): void {
      over = true
      for (const resolve of underWay) resolve(GIVEN_BACK)
    },
  }
}
