import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../problems.ts'
import type { Order } from './order.ts'
import { isOrderId } from './order-id.ts'
import { sendOrder } from './send-order.ts'

/** `GET /orders/{id}` */
export async function getOrder(
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const order = await findOwnOrder(request)
  return sendOrder(request, reply, order)
}

/**
 * The order that the URL names, if it is the principal's own.
 *
 * @throws Problem not-found, for somebody else's too, so that ids cannot be probed
 */
export async function findOwnOrder(request: FastifyRequest<{ Params: { id: string } }>): Promise<Order> {
  const { id } = request.params
  const order = isOrderId(id) ? await request.server.orders.store.find(id) : null
  if (order?.principal !== request.principal.id)
    throw problem('not-found', { detail: 'There is no such order.' })
  return order
}
