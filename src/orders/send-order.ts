import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUnchanged } from '#plugins/conditional-requests.ts'
import { sendExact } from '#plugins/exact-body.ts'
import type { Order } from './order.ts'
import { orderEtag, versionOf } from './versions.ts'

/** The order as it is now, in the negotiated version; or `304` to a `GET` that has it already. */
export function sendOrder(request: FastifyRequest, reply: FastifyReply, order: Order): FastifyReply {
  const { version, responseType, server } = request
  const etag = orderEtag(order, version)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const unchanged = isRead && isUnchanged(request, etag)
  reply.header('cache-control', 'private, no-cache').header('etag', etag)
  if (unchanged) return reply.code(304).send()
  return sendExact(reply, responseType, versionOf(server.orders.versions, version).write(order))
}
