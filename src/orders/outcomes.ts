import type { Move } from './order.ts'

/** What an order came to; one that is paid later, or given back, comes to several things in its life. */
export type OrderOutcome =
  | 'paid'
  | 'payment_pending'
  | 'declined'
  | 'insufficient_stock'
  | 'payment_failed'
  | 'cancelled'
  | 'refunded'

/** What an idempotency key was found to be. */
export type KeyResult =
  /** New, or left behind by a process that died: the work is done for this request. */
  | 'miss'
  /** Known: what was answered then is answered again. */
  | 'hit'
  /** Known, with another body. */
  | 'conflict'
  /** Its first request was not done in the time that this one waited. */
  | 'in_progress'

/** Told of each as it happens, for whoever counts. Must not throw. */
export interface OrderEvents {
  outcome(outcome: OrderOutcome): void
  key(result: KeyResult): void
}

/** What a move amounts to, or undefined: money that was never taken needs no giving back. */
export function outcomeOf({ from, to }: Move): OrderOutcome | undefined {
  if (from.status === to.status) return to.payment.status === 'refunded' ? 'refunded' : undefined
  switch (to.status) {
    case 'pending':
      return undefined
    case 'paid':
    case 'payment_pending':
      return to.status
    case 'payment_failed':
      // Its client is told so at once, or it was promised that the charge would be tried again.
      return from.status === 'pending' ? 'declined' : 'payment_failed'
    case 'cancelled':
      // Nobody but the warehouse calls off what is being charged.
      return from.status === 'pending' ? 'insufficient_stock' : 'cancelled'
  }
}
