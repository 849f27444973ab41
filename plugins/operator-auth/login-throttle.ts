import { LRUCache } from 'lru-cache'
import { clientNetwork } from '../rate-limit/client-network.ts'

/** A person mistypes a few times; a machine that guesses needs millions. */
const MOST_FAILURES = 10
const WINDOW_MS = 60_000
/** Networks remembered at once, so that a flood from many costs no memory: the one quiet longest is forgotten. */
const MOST_NETWORKS = 1_000

/**
 * Slows down whoever guesses tokens. Only failures count, so that nobody is kept out by their own work.
 *
 * @param now a clock in milliseconds that never goes back: set back by an hour, it would keep a network out for one
 */
export function createLoginThrottle(now = () => performance.now()) {
  const failures = new LRUCache<string, { count: number; endsAt: number }>({ max: MOST_NETWORKS })

  const of = (address: string) => {
    const window = failures.get(clientNetwork(address))
    return window === undefined || window.endsAt <= now() ? undefined : window
  }

  return {
    /** Seconds until an address may try again; 0: now. */
    secondsToWait(address: string): number {
      const window = of(address)
      if (window === undefined || window.count < MOST_FAILURES) return 0
      return Math.max(1, Math.ceil((window.endsAt - now()) / 1_000))
    },

    failed(address: string): void {
      const window = of(address) ?? { count: 0, endsAt: now() + WINDOW_MS }
      window.count++
      failures.set(clientNetwork(address), window)
    },
  }
}
