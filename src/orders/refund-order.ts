import type { Job, JobOutcome } from '#plugins/job-queue.ts'
import { chargeOf } from './finish-order.ts'
import type { OrderJob } from './jobs.ts'
import { moneyReturned } from './order.ts'
import type { Orders } from './orders.ts'

/**
 * Gives a cancelled order's money back. Where nobody knows whether the charge went through, it is sent again under its
 * own key: the payment service answers what became of it. What was captured is refunded, under a key too.
 *
 * @throws CallFailed when the payment service could not be asked, or did not say
 */
export async function refundOrder(orders: Orders, { data, context }: Job<OrderJob>): Promise<JobOutcome> {
  const order = await orders.store.findByUuid(data.orderId)
  if (order?.payment.status !== 'refund_pending') return { kind: 'done' }

  let { reference } = order.payment
  if (reference === null) {
    const charge = await orders.payment.charge(chargeOf(order), context)
    if (charge.kind === 'captured') reference = charge.reference
  }
  if (reference !== null) {
    const { id: orderId, total: amount, currency } = order
    const key = `order:${orderId}:refund`
    await orders.payment.refund({ orderId, reference, amount, currency, key }, context)
  }
  const status = reference === null ? 'voided' : 'refunded'
  await orders.store.move({
    move: moneyReturned(order, { status, reference }, orders.now()),
    context,
  })
  return { kind: 'done' }
}
