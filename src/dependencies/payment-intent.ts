import { identifier, isRecord } from './answer.ts'
import { HttpFailure } from './http-failure.ts'
import { compare, type Known } from './stripe-object.ts'

export type ChargeResult =
  | { kind: 'captured'; reference: string }
  | { kind: 'declined'; declineCode: string; reference?: string }

/** A charge whose end is not decided yet. */
export interface Unsettled {
  kind: 'unsettled'
  reference: string
}

export const NO_REASON = 'generic_decline'

/**
 * Reads a PaymentIntent. One that waits for the customer (`requires_action`, `requires_confirmation`) is
 * declined: we hand out no client secret, so nobody can ever act on it. `processing` and `requires_capture`
 * are neither: the money may still move.
 *
 * @throws HttpFailure for an answer that is none, or about another
 */
export function readPaymentIntent(answer: Record<string, unknown>, known: Known): ChargeResult | Unsettled {
  compare(answer, { object: 'payment_intent', ...known })
  const reference = identifier(answer.id)
  if (reference === undefined) throw new HttpFailure('payment: a PaymentIntent without an id')
  switch (answer.status) {
    case 'succeeded':
      if (!isWhole(answer, known)) throw new HttpFailure('payment: a PaymentIntent that took another amount')
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

/** Somebody may have captured a part of it by hand: neither paid nor declined, and for a person to look at. */
function isWhole(answer: Record<string, unknown>, known: Known): boolean {
  const amount = known.amount ?? answer.amount
  return amount === undefined || (answer.amount_received ?? amount) === amount
}

function lastReason(error: unknown): string {
  if (!isRecord(error)) return NO_REASON
  return identifier(error.decline_code) ?? identifier(error.code) ?? NO_REASON
}
