import { type CallPolicyOptions, createCallPolicy, type FailureClass } from '#plugins/circuit-breakers.ts'
import { identifier } from './answer.ts'
import { type CallContext, contextHeaders } from './call-context.ts'
import { classifyHttpFailure, HttpFailure } from './http-failure.ts'
import { createHttpService } from './http-service.ts'
import { type ChargeResult, NO_REASON, readPaymentIntent, type Unsettled } from './payment-intent.ts'
import { readRefund } from './payment-refund.ts'
import { createStripe, StripeRefusal } from './stripe-exchange.ts'
import { compare, type Known } from './stripe-object.ts'

export type { CallContext } from './call-context.ts'
export type { ChargeResult, Unsettled } from './payment-intent.ts'

export interface PaymentOptions {
  /** `https://api.stripe.com`, or anything that speaks its API, with a port and a path prefix if need be. */
  url: string
  apiKey: string
  /** Figures to differ from the ones below, in tests above all. */
  policy?: Partial<CallPolicyOptions>
}

export interface Charge {
  orderId: string
  /** In minor units, above zero. */
  amount: number
  /** ISO 4217. */
  currency: string
  /** A payment method of Stripe's, such as `pm_card_visa`. */
  paymentToken: string
  /** The same for every attempt at this charge, for ever: `order:<order id>:charge`. */
  key: string
}

export interface Refund {
  orderId: string
  /** Of the charge that goes back. */
  reference: string
  /** In minor units. */
  amount: number
  /** ISO 4217. */
  currency: string
  /** `order:<order id>:refund` */
  key: string
}

export type Payment = ReturnType<typeof createPayment>

const POLICY = {
  name: 'payment',
  classify: classifyPaymentFailure,
  // A customer waits no longer; the queue goes on from here.
  deadlineMs: 10_000,
  // Card networks take one to two seconds on a bad day. A bank that takes longer takes as long for a replay, and is heard
  // only if an attempt waits; a request that was lost leaves a second one 3.5 seconds.
  attemptTimeoutMs: 6_000,
  retries: 3,
  baseDelayMs: 500,
  // What one process places at once at its best; when all of them hang, orders go to the queue at once.
  bulkhead: 256,
}

/** The payment service, spoken to as Stripe's PaymentIntents API. Every call is keyed, so "again" is never "twice". */
export function createPayment({ url, apiKey, policy: figures = {} }: PaymentOptions) {
  const inForce = { ...POLICY, ...figures }
  const policy = createCallPolicy(inForce)
  const service = createHttpService({
    name: inForce.name,
    url,
    connections: inForce.bulkhead,
    attemptTimeoutMs: inForce.attemptTimeoutMs,
    deadlineMs: inForce.deadlineMs,
  })
  const { ask } = createStripe(service, apiKey)

  const askFor = async (
    known: Known & { id: string },
    headers: Record<string, string>,
    signal: AbortSignal,
  ) => {
    const answer = await ask(signal, (stripe) =>
      stripe.paymentIntents.retrieve(known.id, undefined, { headers }),
    )
    return readPaymentIntent(answer, known)
  }

  return {
    policy,

    /** @throws CallFailed when the end of it is not known, or it could not be tried */
    async charge(charge: Charge, context: CallContext): Promise<ChargeResult> {
      const money = { amount: charge.amount, currency: charge.currency.toLowerCase() }
      const known = { ...money, order_id: charge.orderId }
      const request = {
        ...money,
        payment_method: charge.paymentToken,
        confirm: true,
        error_on_requires_action: true,
        // Methods that send the customer to another site would need an address to come back to.
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' as const },
        metadata: { order_id: charge.orderId },
      }
      let accepted: string | undefined
      return await policy.call(async (signal) => {
        const headers = contextHeaders(context)
        if (accepted === undefined) {
          const result = await ask(signal, (stripe) =>
            stripe.paymentIntents.create(request, { idempotencyKey: charge.key, headers }),
          ).then(
            (answer) => readPaymentIntent(answer, known),
            (error: unknown) => declined(error, known),
          )
          if (result.kind !== 'unsettled') return result
          accepted = result.reference
        }
        // The key would only replay that first answer: ask for what became of it, by its id and not by its metadata,
        // which the shop may have written over meanwhile.
        return settled(await askFor({ id: accepted, ...money }, headers, signal).catch(unsettled))
      })
    },

    /**
     * @returns the refund's reference, or the charge's own where it was refunded before
     * @throws CallFailed
     */
    async refund(refund: Refund, context: CallContext): Promise<{ reference: string }> {
      const { amount, reference } = refund
      const known = { payment_intent: reference, amount, currency: refund.currency.toLowerCase() }
      const request = { payment_intent: reference, amount, metadata: { order_id: refund.orderId } }
      return await policy.call(async (signal) => {
        const headers = contextHeaders(context)
        try {
          const answer = await ask(signal, (stripe) =>
            stripe.refunds.create(request, { idempotencyKey: refund.key, headers }),
          )
          return readRefund(answer, known)
        } catch (error) {
          // Long after its key was forgotten: the money went back, which is all that was wanted.
          const before = error instanceof StripeRefusal && error.word('code') === 'charge_already_refunded'
          if (before) return { reference }
          throw error
        }
      })
    },

    /** What became of a charge. @throws CallFailed */
    async retrieve(reference: string, context: CallContext): Promise<ChargeResult | Unsettled> {
      return await policy.call((signal) => askFor({ id: reference }, contextHeaders(context), signal))
    },

    close: (): Promise<void> => service.close(),
  }
}

function settled(result: ChargeResult | Unsettled): ChargeResult {
  return result.kind === 'unsettled' ? unsettled() : result
}

/**
 * The charge was accepted, and the money may move whatever became of asking for it: that failure says nothing of the
 * charge, were it a 402 or a 404. So it goes on without its status, as one that may pass and whose outcome is unknown.
 */
function unsettled(cause?: unknown): never {
  const retryAfterMs = cause instanceof HttpFailure ? cause.retryAfterMs : undefined
  throw new HttpFailure('payment: not settled yet', { retryAfterMs, cause })
}

/** What a failed creation says of the charge. @throws what is no decline, or none of ours */
function declined(error: unknown, known: Known): ChargeResult {
  if (!(error instanceof StripeRefusal) || error.status !== 402) throw error
  const { intent } = error
  compare(intent, known)
  const declineCode = error.word('decline_code') ?? error.word('code') ?? NO_REASON
  const reference = identifier(intent.id)
  return { kind: 'declined', declineCode, ...(reference === undefined ? {} : { reference }) }
}

/** 409 is Stripe's for "this key is being worked on": the first request may yet come to its end. */
function classifyPaymentFailure(error: unknown): FailureClass {
  if (error instanceof HttpFailure && error.status === 409) {
    return { transient: true, outcomeUnknown: true, retryAfterMs: error.retryAfterMs }
  }
  return classifyHttpFailure(error)
}
