import type { Lifetime } from '../support/postgres.ts'
import { type Faults, under } from './faults.ts'
import { type FakeAnswer, serveFake } from './http-fake.ts'
import type { Journal } from './journal.ts'

/** Money that moved, or did not, once and for all. Found by the key it was asked for with. */
export interface Charge {
  key: string
  reference: string
  orderId: string
  amount: number
  status: 'captured' | 'declined'
  attempts: number
  refunds: { key: string; amount: number }[]
}

export type ChaosPayment = Awaited<ReturnType<typeof startPayment>>

/**
 * Stripe's PaymentIntents with Stripe's strictness: a key in use is 409, a key with other parameters is an error,
 * and a new key is new money. It remembers everything, and what should never have been asked.
 */
export async function startPayment(lifetime: Lifetime, faults: Faults, journal: Journal) {
  const charges = new Map<string, Charge>()
  const parameters = new Map<string, string>()
  const inUse = new Set<string>()
  const complaints: { orderId?: string; what: string }[] = []

  const url = await serveFake(lifetime, async (request, body) => {
    const key = String(request.headers['idempotency-key'])
    const form = new URLSearchParams(body)
    const orderId = form.get('metadata[order_id]') ?? ''
    const complain = (what: string) => complaints.push({ orderId, what: `${what}: ${key} ${body}` })
    if (request.method !== 'POST' || request.headers['idempotency-key'] === undefined) {
      complain(`${request.method} ${request.url} without a key`)
      return { kind: 'answer', answer: refusal(400, { type: 'invalid_request_error' }) }
    }
    if (inUse.has(key)) return { kind: 'answer', answer: refusal(409, { type: 'idempotency_error' }) }
    if ((parameters.get(key) ?? body) !== body) {
      complain('a key with other parameters')
      return { kind: 'answer', answer: refusal(400, { type: 'idempotency_error' }) }
    }
    inUse.add(key)
    const fault = faults.next()
    journal.note(`payment: ${request.url} ${key} asked (${JSON.stringify(fault)})`, { orderId })
    try {
      return await under(fault, () => {
        parameters.set(key, body)
        return request.url === '/v1/refunds' ? refund(key, form) : charge(key, orderId, form)
      })
    } finally {
      inUse.delete(key)
    }
  })

  function charge(key: string, orderId: string, form: URLSearchParams): FakeAnswer {
    const known = charges.get(key)
    const declines = form.get('payment_method') === 'pm_card_visa_chargeDeclined'
    const made: Charge = known ?? {
      key,
      reference: `pi_${charges.size + 1}`,
      orderId,
      amount: Number(form.get('amount')),
      status: declines ? 'declined' : 'captured',
      attempts: 0,
      refunds: [],
    }
    if (known === undefined) journal.note(`payment: ${made.status} ${made.amount} as ${key}`, { orderId })
    made.attempts++
    charges.set(key, made)
    if (made.status === 'declined')
      return refusal(402, { type: 'card_error', code: 'card_declined', decline_code: 'generic_decline' })
    const { reference: id, amount } = made
    const currency = form.get('currency')
    return {
      status: 200,
      body: { id, object: 'payment_intent', status: 'succeeded', amount, amount_received: amount, currency },
    }
  }

  function refund(key: string, form: URLSearchParams): FakeAnswer {
    const found = [...charges.values()].find(({ reference }) => reference === form.get('payment_intent'))
    if (found === undefined) return refusal(404, { type: 'invalid_request_error', code: 'resource_missing' })
    if (!found.refunds.some((one) => one.key === key)) {
      found.refunds.push({ key, amount: Number(form.get('amount')) })
      journal.note(`payment: refunded as ${key}`, { orderId: found.orderId })
    }
    return { status: 200, body: { id: `re_${found.reference}`, object: 'refund', status: 'succeeded' } }
  }

  return {
    url,
    complaints,
    charges: () => [...charges.values()],
    /** The captured charges of an order. One is right, and whether its money went back. */
    capturedFor: (orderId: string) =>
      [...charges.values()].filter((one) => one.orderId === orderId && one.status === 'captured'),
  }
}

const refusal = (status: number, error: Record<string, string>): FakeAnswer => ({
  status,
  body: { error: { message: 'no', ...error } },
})
