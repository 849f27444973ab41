import type { Job, JobOutcome } from '#plugins/job-queue.ts'
import type { CallContext } from '../dependencies/call-context.ts'
import type { OrderJob } from './jobs.ts'
import { cancelled, isCancellable, type Order } from './order.ts'
import type { Orders } from './orders.ts'

/**
 * Tells the warehouse of an order that it could not be told of in time. If it has none, the order is cancelled
 * and what was paid goes back: better a refund than a promise nobody keeps.
 *
 * @throws CallFailed when the warehouse could not be asked, or did not say
 */
export async function reserveStock(orders: Orders, { data, context }: Job<OrderJob>): Promise<JobOutcome> {
  const order = await orders.store.findByUuid(data.orderId)
  if (order === null) return { kind: 'done' }
  if (!isCancellable(order)) {
    // An earlier attempt may have reserved it after the release, and died or failed before it could undo that.
    await orders.inventory.release(order.id, context)
    return { kind: 'done' }
  }

  const { kind } = await orders.inventory.reserve({ orderId: order.id, items: order.lines }, context)
  if (kind === 'refused') {
    await cancel(orders, order, context)
    return { kind: 'done' }
  }

  // It was called off while the warehouse was asked: the release may have come first, so it comes again.
  const after = await orders.store.findByUuid(data.orderId)
  if (after !== null && !isCancellable(after)) await orders.inventory.release(after.id, context)
  return { kind: 'done' }
}

async function cancel(orders: Orders, asked: Order, context: CallContext): Promise<void> {
  let order = asked
  while (isCancellable(order)) {
    const outcome = await orders.store.move({ move: cancelled(order, orders.now()), context })
    if (outcome.moved) return
    order = outcome.order
  }
}

/**
 * How often it is told, and how far apart, where a reservation was given up that may come about after its release: over
 * half a minute, which is what servers leave to a request, as a rule, and soon, for goods that nobody buys are held meanwhile.
 */
const RELEASES = 4
const RELEASE_AGAIN_MS = 10_000

/** Tells the warehouse that it need not keep an order. @throws CallFailed like {@link reserveStock} */
export async function releaseStock(
  orders: Orders,
  { data, context, attempt }: Job<OrderJob>,
): Promise<JobOutcome> {
  const order = await orders.store.findByUuid(data.orderId)
  if (order === null) return { kind: 'done' }
  await orders.inventory.release(order.id, context)
  if (attempt >= RELEASES || !(await orders.store.wasReservedLate(data.orderId))) return { kind: 'done' }
  const reason = 'a reservation that was given up may come about yet'
  return { kind: 'retry', reason, afterMs: RELEASE_AGAIN_MS }
}
