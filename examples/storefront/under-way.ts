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
  write: (order: UnderWay): void => localStorage.setItem(STORED, JSON.stringify(order)),
  /** Another tab may have the next one under way already. */
  clear({ key }: UnderWay): void {
    if (underWay.read()?.key === key) localStorage.removeItem(STORED)
  },
}
