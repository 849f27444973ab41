import { LRUCache } from 'lru-cache'

/** What a key has used of its window. */
export interface WindowCount {
  /** Requests in this window, the one just counted included. */
  readonly count: number
  /** Milliseconds since the epoch, by the clock that was given. */
  readonly resetsAt: number
}

/**
 * Counts requests. The one in memory answers at once; one that is shared by many instances answers with a promise,
 * soon, because every request waits for it, and what it rejects is let through.
 */
export interface RateLimitStore {
  count(key: string, windowMs: number, now: number): WindowCount | Promise<WindowCount>
  /** Called when the listener has closed. */
  close?(): Promise<void>
}

/**
 * Clients counted at once: some ten megabytes. Past that the one that was quiet longest is forgotten, so a flood from
 * ever new addresses costs no memory and does not wipe out those that keep asking.
 */
const MAX_KEYS = 50_000

/** Counts of this process. A fleet of n allows a client n times as much, if the balancer spreads it evenly. */
export function createMemoryStore(maxKeys = MAX_KEYS) {
  const windows = new LRUCache<string, { count: number; resetsAt: number }>({ max: maxKeys })

  return {
    /** The window begins with a key's first request and ends for all at once: what is told is what is counted. */
    count(key: string, windowMs: number, now: number): WindowCount {
      const window = windows.get(key)
      // One that ends later than any could was begun before the clock was set back.
      if (window === undefined || window.resetsAt <= now || window.resetsAt > now + windowMs) {
        const begun = { count: 1, resetsAt: now + windowMs }
        windows.set(key, begun)
        return begun
      }
      window.count += 1
      return window
    },
    size: () => windows.size,
  } satisfies RateLimitStore & { size(): number }
}
