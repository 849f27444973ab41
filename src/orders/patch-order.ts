import type { FastifyReply, FastifyRequest } from 'fastify'
import { requireMatch } from '#plugins/conditional-requests.ts'
import { readPatch } from '#plugins/json-patch.ts'
import { problem } from '../problems.ts'
import { findOwnOrder } from './get-order.ts'
import { isOpen, patchedOrder } from './patchable.ts'
import { sendOrder } from './send-order.ts'
import { orderEtag } from './versions.ts'

/**
 * `PATCH /orders/{id}`: note, address and metadata, whatever the negotiated version. The write asks for the
 * revision that `If-Match` was held against. Where somebody else was first, the precondition is held against what
 * stands now: an entity tag then fails it, and `*` has the patch applied to the newer order.
 */
export async function patchOrder(
  request: FastifyRequest<{ Params: { id: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { orders } = request.server
  const patch = readPatch(request)
  for (;;) {
    const order = await findOwnOrder(request)
    requireMatch(request, orderEtag(order, request.version))
    if (!isOpen(order)) {
      throw problem('order-closed', {
        detail: `The order is ${order.status}, and stays as it is.`,
        extensions: { orderStatus: order.status },
      })
    }
    const patched = patchedOrder(order, patch, orders.now())
    const current = patched === order ? order : await orders.store.changeDetails(patched)
    if (current !== null) return sendOrder(request, reply, current)
  }
}
