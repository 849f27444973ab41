import { isRecord } from './answer.ts'
import { HttpFailure } from './http-failure.ts'

/** What is known of an object of Stripe's before the answer comes, by Stripe's names. */
export interface Known {
  object?: 'payment_intent' | 'refund'
  id?: string
  /** In minor units. */
  amount?: number
  /** ISO 4217, in lower case. */
  currency?: string
  /** Of the charge that a refund gives back. */
  payment_intent?: string
  /** In its metadata. */
  order_id?: string
}

/**
 * Left out is no contradiction; an answer that says otherwise is not ours, whatever its status.
 *
 * @throws HttpFailure without a status: what became of ours is not known, and is to be asked again
 */
export function compare(answer: Record<string, unknown>, known: Known): void {
  const { currency, metadata } = answer
  const said: Record<string, unknown> = {
    ...answer,
    currency: typeof currency === 'string' ? currency.toLowerCase() : currency,
    order_id: isRecord(metadata) ? metadata.order_id : undefined,
  }
  for (const [name, value] of Object.entries(known)) {
    if ((said[name] ?? value) !== value) throw new HttpFailure(`payment: an answer with another ${name}`)
  }
}
