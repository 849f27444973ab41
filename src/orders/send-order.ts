import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendExact } from '#plugins/exact-body.ts'
import type { Order } from './order.ts'
import { orderEtag, versionOf } from './versions.ts'

/** The order as it is now, in the negotiated version. */
export function sendOrder(request: FastifyRequest, reply: FastifyReply, order: Order): FastifyReply {
  const { version, responseType, server } = request
  reply.header('cache-control', 'private, no-cache').header('etag', orderEtag(order, version))
  return sendExact(reply, responseType, versionOf(server.orders.versions, version).write(order))
}
