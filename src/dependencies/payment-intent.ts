import { identifier, isRecord } from './answer.ts'
import { HttpFailure } from './http-failure.ts'

export type ChargeResult =
  | { kind: 'captured'; reference: string }
  | { kind: 'declined'; declineCode: string; reference?: string }

/** A charge whose end is not decided yet. */
export interface Unsettled {
  kind: 'unsettled'
  reference: string
}

/** In minor units, and an ISO 4217 code in any case. */
export interface Money {
  amount: number
  currency: string
}

export const NO_REASON = 'generic_decline'

/**
 * Reads a PaymentIntent. One that waits for the customer (`requires_action`, `requires_confirmation`) is
 * declined: we hand out no client secret, so nobody can ever act on it. `processing` and `requires_capture`
 * are neither: the money may still move.
 *
 * @throws HttpFailure for an answer that is none, or is about another amount
 */
export function readPaymentIntent(answer: Record<string, unknown>, asked?: Money): ChargeResult | Unsettled {
  const reference = identifier(answer.id)
  if (reference === undefined) throw new HttpFailure('payment: a PaymentIntent without an id')
  if (asked !== undefined) compare(answer, asked)
  switch (answer.status) {
    case 'succeeded':
      return { kind: 'captured', reference }
    case 'processing':
    case 'requires_capture':
      return { kind: 'unsettled', reference }
    case 'requires_action':
    case 'requires_confirmation':
      return { kind: 'declined', declineCode: 'authentication_required', reference }
    case 'requires_payment_method':
      return { kind: 'declined', declineCode: lastReason(answer.last_payment_error), reference }
    case 'canceled':
      return {
        kind: 'declined',
        declineCode: identifier(answer.cancellation_reason) ?? 'canceled',
        reference,
      }
    default:
      throw new HttpFailure('payment: a PaymentIntent of no known status')
  }
}

/** Left out is no contradiction; another figure means that this answer is not ours. */
function compare(answer: Record<string, unknown>, asked: Money): void {
  const { amount, currency } = answer
  if (amount !== undefined && amount !== asked.amount) {
    throw new HttpFailure('payment: a PaymentIntent of another amount')
  }
  const same = typeof currency === 'string' && currency.toLowerCase() === asked.currency.toLowerCase()
  if (currency !== undefined && !same) {
    throw new HttpFailure('payment: a PaymentIntent in another currency')
  }
}

function lastReason(error: unknown): string {
  if (!isRecord(error)) return NO_REASON
  return identifier(error.decline_code) ?? identifier(error.code) ?? NO_REASON
}
