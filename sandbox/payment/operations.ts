import { randomUUID } from 'node:crypto'
import type { Charge, Intent, Ledger, Refund } from '../ledger.ts'
import { type Form, groupOf, textOf } from './form.ts'
import { invalid, missingResource, StripeError } from './stripe-error.ts'

/** What a request came to: the answer, and what of it goes into the ledger. */
export interface Outcome {
  readonly status: number
  readonly body: object
  readonly intent?: Intent
  readonly charge?: Charge
  readonly refund?: Refund
}

/** The one card that is declined. Every other token is charged. */
const DECLINED = 'pm_card_visa_chargeDeclined'

/** `POST /v1/payment_intents`. With `confirm=true` the card is charged at once. */
export function createIntent(form: Form, key: string | null): Outcome {
  const amount = positive(form, 'amount')
  if (amount === undefined) throw invalid('Missing or invalid integer: amount', { param: 'amount' })
  const currency = textOf(form, 'currency')?.toLowerCase() ?? ''
  if (!/^[a-z]{3}$/.test(currency)) throw invalid('Invalid currency', { param: 'currency' })
  const method = textOf(form, 'payment_method')
  const confirm = textOf(form, 'confirm') === 'true'
  if (confirm && method === undefined) {
    throw invalid('You cannot confirm this PaymentIntent because it is missing a payment method.', {
      code: 'payment_intent_unexpected_state',
      param: 'payment_method',
    })
  }

  const at = new Date()
  const id = `pi_${token()}`
  const latest_charge = confirm ? `ch_${token()}` : null
  const declined = confirm && method === DECLINED
  const decline = declined ? declineOf(latest_charge) : null
  const intent: Intent = {
    id,
    object: 'payment_intent',
    amount,
    amount_received: confirm && !declined ? amount : 0,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${token()}`,
    created: Math.floor(at.getTime() / 1000),
    currency,
    last_payment_error: decline,
    latest_charge,
    livemode: false,
    metadata: groupOf(form, 'metadata'),
    payment_method: declined ? null : (method ?? null),
    status: statusOf(confirm, declined, method),
  }
  if (!confirm) return { status: 200, body: intent, intent }

  const charge: Charge = {
    orderId: groupOf(form, 'metadata').order_id ?? null,
    key,
    amount,
    currency,
    status: declined ? 'failed' : 'succeeded',
    at: at.toISOString(),
    paymentIntent: id,
  }
  if (decline === null) return { status: 200, body: intent, intent, charge }
  return { status: 402, body: { error: { ...decline, payment_intent: intent } }, intent, charge }
}

/** `POST /v1/refunds`, of the whole or of a part. */
export function createRefund(form: Form, key: string | null, ledger: Ledger): Outcome {
  const id = textOf(form, 'payment_intent')
  if (id === undefined) throw invalid('Missing required param: payment_intent.', { param: 'payment_intent' })
  const charge = ledger.charges.find((one) => one.paymentIntent === id && one.status === 'succeeded')
  if (charge === undefined) throw missingResource('payment_intent', id, 'payment_intent')

  const before = ledger.refunds.filter((one) => one.paymentIntent === id)
  const left = before.reduce((rest, one) => rest - one.amount, charge.amount)
  if (left === 0) {
    throw invalid(`Charge of ${id} has already been refunded.`, { code: 'charge_already_refunded' })
  }
  const amount = textOf(form, 'amount') === undefined ? left : positive(form, 'amount')
  if (amount === undefined || amount > left) {
    throw invalid(`Refund amount must be an integer from 1 to ${left}`, { param: 'amount' })
  }

  const at = new Date()
  const metadata = groupOf(form, 'metadata')
  const body = {
    id: `re_${token()}`,
    object: 'refund',
    amount,
    charge: ledger.intents.get(id)?.latest_charge ?? null,
    created: Math.floor(at.getTime() / 1000),
    currency: charge.currency,
    metadata,
    payment_intent: id,
    reason: textOf(form, 'reason') ?? null,
    status: 'succeeded',
  }
  const { currency } = charge
  const orderId = metadata.order_id ?? charge.orderId
  const status = 'succeeded'
  const refund: Refund = { orderId, key, amount, currency, status, at: at.toISOString(), paymentIntent: id }
  return { status: 200, body, refund }
}

function declineOf(charge: string | null) {
  return new StripeError(402, {
    type: 'card_error',
    code: 'card_declined',
    decline_code: 'generic_decline',
    message: 'Your card was declined.',
    charge,
  }).body.error
}

function statusOf(confirm: boolean, declined: boolean, method: string | undefined): string {
  if (confirm && !declined) return 'succeeded'
  return declined || method === undefined ? 'requires_payment_method' : 'requires_confirmation'
}

function positive(form: Form, name: string): number | undefined {
  const text = textOf(form, name) ?? ''
  return /^[1-9]\d{0,11}$/.test(text) ? Number(text) : undefined
}

function token(): string {
  return randomUUID().replaceAll('-', '').slice(0, 24)
}
