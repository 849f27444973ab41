import type { Line } from './basket.ts'

/** An order that was sent, and of which it is not known yet what became. */
export interface UnderWay {
  /** Its idempotency key. */
  readonly key: string
  readonly version: 1 | 2
  readonly lines: readonly Line[]
  /** For one use, and of no use to anybody else. */
  readonly paymentToken: string
}

const STORED = 'storefront:under-way'

/**
 * Written down before the order is sent, and crossed out when it had its end: whatever happens to the page in between, the next one
 * asks what became of it, in the same version and words. Key and content are one entry, so that no crash parts them; a page that
 * need not show what is under way leaves the key to the client (`keysInStorage`).
 */
export const underWay = {
  read(): UnderWay | undefined {
    try {
      return JSON.parse(localStorage.getItem(STORED) ?? 'null') ?? undefined
    } catch {
      return undefined
    }
  },
  /** @throws DOMException where there is no room left, or the browser forbids it: then it must not be sent */
  write: (order: UnderWay): void => localStorage.setItem(STORED, JSON.stringify(order)),
  /** Whether there was anything to cross out: another tab may have done so, and have the next one under way already. */
  clear({ key }: UnderWay): boolean {
    if (underWay.read()?.key !== key) return false
    localStorage.removeItem(STORED)
    return true
  },
  /** Another tab began with one, or heard of its end. */
  onChange(act: () => void): void {
    addEventListener('storage', ({ key }) => {
      if (key === STORED) act()
    })
  },
}

/**
 * Does `work` in one tab at a time: two that asked for one order would both take it out of the basket. A tab that is closed,
 * or crashes, is out of the way.
 *
 * @param work is told whether another tab was first
 * @throws DOMException where the browser forbids it
 */
export async function inTurn(work: (waited: boolean) => Promise<void>): Promise<void> {
  const first = await navigator.locks.request(STORED, { ifAvailable: true }, async (lock) => {
    if (lock !== null) await work(false)
    return lock !== null
  })
  if (!first) await navigator.locks.request(STORED, () => work(true))
}
