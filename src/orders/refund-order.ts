import type { Job, JobOutcome } from '#plugins/job-queue.ts'
import { chargeOf } from './finish-order.ts'
import type { OrderJob } from './jobs.ts'
import { moneyReturned, type Order } from './order.ts'
import type { Orders } from './orders.ts'

/**
 * Gives a cancelled order's money back. Where nobody knows whether the charge went through, it is asked by its
 * own key: the payment service answers what became of it. What was captured is refunded, under a key too.
 *
 * @throws CallFailed when the payment service could not be asked, or did not say
 */
export async function refundOrder(orders: Orders, { data, context }: Job<OrderJob>): Promise<JobOutcome> {
  const order = await orders.store.findByUuid(data.orderId)
  if (order?.payment.status !== 'refund_pending') return { kind: 'done' }

  const reference = order.payment.reference ?? (await askForCharge(order))
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

  async function askForCharge(unknown: Order): Promise<string | null> {
    const charge = await orders.payment.charge(chargeOf(unknown), context)
    return charge.kind === 'captured' ? charge.reference : null
  }
}
