import { CallFailed } from '#plugins/circuit-breakers.ts'
import type { Job, JobOutcome } from '#plugins/job-queue.ts'
import type { CallContext } from '../dependencies/call-context.ts'
import type { ChargeResult } from '../dependencies/payment.ts'
import type { SentCharge } from './charge-store.ts'
import { chargeOf } from './finish-order.ts'
import type { OrderJob } from './jobs.ts'
import { declined, type Move, type Order, paid } from './order.ts'
import type { Orders } from './orders.ts'

/**
 * Charges an order that could not be charged while its client waited, with the same key. That a charge is being
 * sent is written down first, and taken back where it came to nothing: whoever cancels knows whether it has to be
 * asked for, which would charge what never was.
 *
 * @throws CallFailed when the payment service could not be asked, or did not say
 */
export async function chargeOrder(orders: Orders, { data, context }: Job<OrderJob>): Promise<JobOutcome> {
  const sent = await orders.store.chargeIsSent(data.orderId)
  // Paid, declined or cancelled meanwhile; a cancellation asks for this charge by itself.
  if (sent === null) return { kind: 'done' }

  const charge = await send(orders, sent, context)
  await settle(orders, sent.order, context, (current) =>
    // The warehouse has been told, or has a job of its own.
    charge.kind === 'captured'
      ? paid(current, charge.reference, 'reserved', orders.now())
      : declined(current, charge, 'reserved', orders.now()),
  )
  return { kind: 'done' }
}

async function send(orders: Orders, sent: SentCharge, context: CallContext): Promise<ChargeResult> {
  try {
    return await orders.payment.charge(chargeOf(sent.order), context)
  } catch (error) {
    // Where that cannot be written down the order stays as one to be asked for, and the reason is still this one.
    if (error instanceof CallFailed && !error.outcomeUnknown)
      await orders.store.nothingWasCharged(sent).catch(() => {})
    throw error
  }
}

async function settle(
  orders: Orders,
  asked: Order,
  context: CallContext,
  decide: (order: Order) => Move,
): Promise<void> {
  let order = asked
  while (order.status === 'payment_pending') {
    const outcome = await orders.store.move({ move: decide(order), context })
    if (outcome.moved) return
    // Its note or address was changed meanwhile, or it was cancelled: look again.
    order = outcome.order
  }
}
