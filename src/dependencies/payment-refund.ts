import { identifier } from './answer.ts'
import { HttpFailure } from './http-failure.ts'
import { compare, type Known } from './stripe-object.ts'

/**
 * Reads a Refund. One that is `pending` was accepted, and goes its way. One that failed, or waits for the customer
 * (`requires_action`), gives nothing back by itself, and its key would answer the same again: a person has to look.
 *
 * @throws HttpFailure for one that is not made, and for an answer that is none, or about another
 */
export function readRefund(answer: Record<string, unknown>, known: Known): { reference: string } {
  compare(answer, { object: 'refund', ...known })
  const reference = identifier(answer.id)
  if (reference === undefined) throw new HttpFailure('payment: a refund without an id')
  switch (answer.status) {
    case 'succeeded':
    case 'pending':
      return { reference }
    case 'failed':
    case 'canceled':
    case 'requires_action':
      throw new HttpFailure(`payment: the refund: ${answer.status}`, { status: 422 })
    default:
      throw new HttpFailure('payment: a refund of no known status')
  }
}
