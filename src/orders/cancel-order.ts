import type { FastifyReply, FastifyRequest } from 'fastify'
import { assertCurrent } from '#plugins/conditional-requests.ts'
import { problem } from '../problems.ts'
import { findOwnOrder } from './get-order.ts'
import { cancelled, type Order } from './order.ts'
import { sendOrder } from './send-order.ts'
import { orderEtag } from './versions.ts'

/** A charge that is answered at all is answered within a second or two. */
const CHARGE_TAKES_SECONDS = 2

/**
 * `POST /orders/{id}/cancel`, idempotent by nature: whoever calls off what is called off has what they want, also
 * with the entity tag of before (RFC 9110 section 13.1.1 allows it), so that it can be sent again after a lost
 * answer.
 */
export async function cancelOrder(
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { store, now } = request.server.orders
  let order = await findOwnOrder(request)
  // Somebody else may move it first: paid, declined, called off, another note. Then it is looked at anew.
  while (order.status !== 'cancelled') {
    assertCurrent(request, orderEtag(order, request.version))
    refuseUnlessCancellable(order)
    const context = { requestId: request.id, traceparent: request.traceparent }
    const outcome = await store.move({ move: cancelled(order, now()), context })
    order = outcome.order
  }
  return sendOrder(request, reply, order)
}

function refuseUnlessCancellable({ status }: Order): void {
  const extensions = { orderStatus: status }
  if (status === 'pending') {
    throw problem('order-in-progress', {
      extensions,
      headers: { 'retry-after': String(CHARGE_TAKES_SECONDS) },
    })
  }
  if (status === 'payment_failed') {
    const detail = 'The payment of this order failed: there is nothing to call off.'
    throw problem('order-not-cancellable', { detail, extensions })
  }
}
