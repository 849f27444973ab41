import type { FastifyReply, FastifyRequest } from 'fastify'
import { contentEtag, isUnchanged } from '#plugins/conditional-requests.ts'
import { readFilter, readPaging } from '#plugins/cursor.ts'
import { sendExact } from '#plugins/exact-body.ts'
import { addLink } from '#plugins/link-header.ts'
import { ORDER_STATUSES } from './order.ts'
import { versionOf } from './versions.ts'

/** `GET /orders`: one's own, newest first. */
export async function listOrders(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { orders, cursors } = request.server
  const { value: status, violations } = readFilter(request.query, 'status', ORDER_STATUSES)
  // A cursor leads through one list: this principal's, with this filter.
  const list = `GET /orders ${status ?? ''} ${request.principal.id}`
  const { limit, position, cursor } = readPaging(request.query, cursors, list, violations)

  // One more than asked for tells whether there is a next page.
  const found = await orders.store.list({
    principal: request.principal.id,
    limit: limit + 1,
    ...(status === undefined ? {} : { status }),
    ...(typeof position === 'string' ? { before: position } : {}),
  })
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined

  const href = (at: string | undefined) =>
    `/orders?${new URLSearchParams({ limit: String(limit), ...(status && { status }), ...(at && { cursor: at }) })}`
  const nextCursor = last === undefined ? undefined : cursors.seal(last.id, list)
  const next = nextCursor === undefined ? undefined : { cursor: nextCursor, href: href(nextCursor) }

  const body = versionOf(orders.versions, request.version).writeList(page, {
    self: href(cursor),
    ...(next && { next }),
  })
  const etag = contentEtag(body, request.version, next?.href)
  const unchanged = isUnchanged(request, etag)
  if (next !== undefined) addLink(reply, `<${next.href}>; rel="next"`)
  reply.header('cache-control', 'private, no-cache').header('etag', etag)
  if (unchanged) return reply.code(304).send()
  return sendExact(reply, request.responseType, body)
}
