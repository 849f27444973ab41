export interface RetryBudgetOptions {
  /** Retries earned by each call: 0.2 is twenty per cent of extra load in the long run. */
  ratio: number
  /** Tokens at the start, so that a lone failure of a young process can be retried. */
  reserve: number
}

/**
 * The most that a good time can save up for a bad one: two per cent of extra load over an outage of 500 calls, and enough
 * for the handful of connections that a restarted dependency resets at once.
 */
const CAPACITY = 10

/**
 * A token bucket that every call fills a little and every retry empties by one, after Finagle's. It has no
 * refill by the clock: in an outage under thin traffic such a trickle would soon be more than the calls.
 */
export function createRetryBudget({ ratio, reserve }: RetryBudgetOptions) {
  let tokens = Math.min(reserve, CAPACITY)
  return {
    /** A call was begun. */
    deposit(): void {
      tokens = Math.min(tokens + ratio, CAPACITY)
    },
    /** @returns whether a retry may be made */
    withdraw(): boolean {
      // Five fifths are a little less than one in binary.
      if (tokens < 1 - 1e-9) return false
      tokens -= 1
      return true
    },
    /** A retry that was paid for is not made after all. */
    refund(): void {
      tokens = Math.min(tokens + 1, CAPACITY)
    },
  }
}
