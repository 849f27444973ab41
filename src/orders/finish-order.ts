import { CallFailed } from '#plugins/circuit-breakers.ts'
import type { Inventory } from '../dependencies/inventory.ts'
import type { CallContext, Payment } from '../dependencies/payment.ts'
import { problem } from '../problems.ts'
import type { Answers } from './answers.ts'
import type { Reservation } from './follow-ups.ts'
import {
  chargeLater,
  declined,
  type Move,
  mayBeCharged,
  type Order,
  paid,
  refusedByWarehouse,
} from './order.ts'
import type { AnswerFormat, StoredResponse } from './placement.ts'
import type { OrderStore } from './store.ts'

export interface FinishOrderParts {
  store: OrderStore
  payment: Payment
  inventory: Inventory
  answers: Answers
  now: () => Date
}

/** How an order ends its first state, told of the order as it stands when it is written down. */
type Decision = (order: Order) => { move: Move; answer: (order: Order) => StoredResponse }

/**
 * Takes a placed order to its end: asks the warehouse, charges, settles. The request that placed it is merely the
 * first worker: the completer of a dead process's orders comes through here as well. No transaction is open while
 * a dependency is asked, and every call is keyed by the order, so that again never means twice.
 *
 * The caller must hold the order's lease.
 *
 * @returns the answer that stands for this order, whoever wrote it
 * @throws DatabaseUnavailable when the outcome could not be written down; the completer will find it out again
 * @throws Problem idempotency-in-progress when the lease was lost to somebody who has not finished yet
 */
export function createFinishOrder({ store, payment, inventory, answers, now }: FinishOrderParts) {
  return async (order: Order, format: AnswerFormat, context: CallContext): Promise<StoredResponse> => {
    const reservation = await reserve(order, context)
    const decision =
      reservation === 'refused' ? refused(format) : await charge(order, reservation, format, context)
    return await settle(order, decision, context)
  }

  async function reserve(order: Order, context: CallContext): Promise<Reservation | 'refused'> {
    try {
      const { kind } = await inventory.reserve({ orderId: order.id, items: order.lines }, context)
      return kind
    } catch (error) {
      // Our own stock has decided already; the warehouse is told by a job.
      if (error instanceof CallFailed) return { againInSeconds: inSeconds(error.retryAfterMs) ?? 0 }
      throw error
    }
  }

  async function charge(
    order: Order,
    reservation: Reservation,
    format: AnswerFormat,
    context: CallContext,
  ): Promise<Decision> {
    const created = (settled: Order) => answers.created(settled, format)
    if (order.total === 0) return (o) => ({ move: paid(o, null, reservation, now()), answer: created })
    try {
      const charge = await payment.charge(chargeOf(order), context)
      if (charge.kind === 'captured') {
        return (o) => ({ move: paid(o, charge.reference, reservation, now()), answer: created })
      }
      return (o) => ({
        move: declined(o, charge, reservation, now()),
        answer: () => answers.declined(order, charge.declineCode, format),
      })
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error
      const attempt = {
        sent: error.outcomeUnknown || mayBeCharged(order),
        // What no repeating can change becomes a dead letter by the next attempt, which need not wait.
        againInSeconds: error.reason === 'permanent' ? 0 : inSeconds(error.retryAfterMs),
      }
      return (o) => ({ move: chargeLater(o, attempt, reservation, now()), answer: created })
    }
  }

  function refused(format: AnswerFormat): Decision {
    return (order) => ({
      move: refusedByWarehouse(order, now()),
      answer: (settled) => answers.refusedByWarehouse(settled, format),
    })
  }

  async function settle(placed: Order, decide: Decision, context: CallContext): Promise<StoredResponse> {
    let order = placed
    for (;;) {
      const { move, answer } = decide(order)
      const outcome = await store.move({ move, response: answer(move.to), context })
      if (outcome.response !== null) return outcome.response
      const stillOurs =
        outcome.order.status === 'pending' && outcome.order.leaseGeneration === placed.leaseGeneration
      if (!stillOurs) throw problem('idempotency-in-progress', { headers: { 'retry-after': '2' } })
      // It was changed meanwhile (a note, an address): the same decision, about the order as it is now.
      order = outcome.order
    }
  }
}

/** What the payment service is asked for an order; the same on every attempt, also after a crash. */
export function chargeOf(order: Order) {
  if (order.payment.token === null) throw new Error(`order ${order.id} has no payment token any more`)
  return {
    orderId: order.id,
    amount: order.total,
    currency: order.currency,
    paymentToken: order.payment.token,
    key: `order:${order.id}:charge`,
  }
}

const inSeconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000)
