import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUnchanged } from '#plugins/conditional-requests.ts'
import { sendExact } from '#plugins/exact-body.ts'
import { addLink } from '#plugins/link-header.ts'
import type { Rendered } from './product-cache.ts'

const CACHE_CONTROL = 'public, max-age=60, stale-while-revalidate=30, stale-if-error=600'
/** RFC 9211: answered from memory although it is no longer fresh. */
const STALE = 'holdfast; hit; detail=stale'

/** Sends the negotiated version's text, or `304` with the headers they would have had. */
export function sendRepresentation(
  request: FastifyRequest,
  reply: FastifyReply,
  { representations, next }: Rendered,
  stale: boolean,
): FastifyReply {
  const representation = representations[request.version]
  if (representation === undefined) throw new Error(`no version ${request.version} of a product`)
  const { etag, body } = representation
  const unchanged = isUnchanged(request, etag)
  reply.header('etag', etag)
  reply.header('cache-control', CACHE_CONTROL)
  if (next !== undefined) addLink(reply, `<${next}>; rel="next"`)
  if (stale) reply.header('cache-status', STALE)
  if (unchanged) return reply.code(304).send()
  return sendExact(reply, request.responseType, body)
}
