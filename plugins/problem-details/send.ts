import type { FastifyReply } from 'fastify'
import { addLink } from '../link-header.ts'
import { mergeVary, type RenderedProblem } from './render.ts'

/** What a handler may have said about the representation it then did not send. */
const representationHeaders = [
  'accept-ranges',
  'age',
  'cache-status',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'location',
]

/**
 * Sends a rendered problem. Headers about a representation go; `Link` and `Vary` are merged with what is already
 * set; all others of the reply (rate limit, CORS, version) stay.
 */
export function sendProblem(reply: FastifyReply, rendered: RenderedProblem): FastifyReply {
  for (const name of representationHeaders) reply.removeHeader(name)
  for (const [name, value] of Object.entries(rendered.headers)) {
    if (name === 'vary') reply.header(name, mergeVary([value], reply.getHeader(name)))
    else if (name === 'link') addLink(reply, value)
    else reply.header(name, value)
  }
  // As a buffer: to a string of a JSON type Fastify adds a charset, which RFC 9457's type does not have.
  return reply.code(rendered.status).send(Buffer.from(rendered.body))
}
