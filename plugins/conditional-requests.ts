import { createHash } from 'node:crypto'
import type { FastifyRequest, onSendHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from './problem-details.ts'

/**
 * Conditional requests, RFC 9110 section 13. Entity tags are passed as they stand in a header, quotes included.
 */

/**
 * A strong tag made of the bytes themselves, for what has no revision; 22 characters of SHA-256 and the version.
 *
 * @param next where the next page is, if there is one: a `304` cannot take away what a cache has of a `Link` (RFC 9111
 * section 3.2), so the same page without it is another representation
 */
export function contentEtag(body: string, version: number, next = ''): string {
  return `"${createHash('sha256').update(body).update(next).digest('base64url').slice(0, 22)}.v${version}"`
}

/** An element of a list of entity tags (RFC 9110 section 8.8.3), or an empty one, which lists may have. */
const element = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y

/** @returns the tags of a list, `*`, or nothing where the header does not parse */
function readTags(header: string): readonly string[] | '*' {
  if (header.trim() === '*') return '*'
  const tags: string[] = []
  element.lastIndex = 0
  while (element.lastIndex < header.length) {
    const match = element.exec(header)
    if (match === null) return []
    if (match[1] !== undefined) tags.push(match[1])
  }
  return tags
}

const opaque = (tag: string) => (tag.startsWith('W/') ? tag.slice(2) : tag)

/** Whether `If-None-Match` names it, by weak comparison (section 13.1.2). */
function isNamed(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-none-match']
  if (header === undefined) return false
  if (header === etag) return true
  const tags = readTags(header)
  return tags === '*' || tags.some((tag) => opaque(tag) === opaque(etag))
}

/**
 * Whether `If-Match`, if there is one, names it, by strong comparison (section 13.1.1). A header that does not parse
 * names nothing: its sender did mean a condition.
 */
function isMatched(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-match']
  if (header === undefined) return true
  const tags = readTags(header)
  return tags === '*' || tags.includes(etag)
}

/**
 * For a `GET`: whether its sender has this representation already, so that it is answered `304`. To be asked before
 * the answer gets its headers.
 *
 * @throws Problem precondition-failed (412) where only another state was wanted
 */
export function isUnchanged(request: FastifyRequest, etag: string): boolean {
  if (!isMatched(request, etag)) throw new Problem('precondition-failed', { headers: { etag } })
  return isNamed(request, etag)
}

/**
 * For a change that may name the state it is made for, or those it is not made for.
 *
 * @param etags of what stands, one for each form that it may have been read in; none where nothing stands
 * @throws Problem precondition-failed (412) with the first of them as the current `ETag`
 */
export function assertCurrent(request: FastifyRequest, ...etags: readonly string[]): void {
  const [current] = etags
  const headers = current === undefined ? {} : { etag: current }
  if (request.headers['if-match'] !== undefined && !etags.some((etag) => isMatched(request, etag))) {
    const detail =
      current === undefined ? 'If-Match is for what is there, and there is nothing yet.' : undefined
    throw new Problem('precondition-failed', { detail, headers })
  }
  if (etags.some((etag) => isNamed(request, etag))) {
    throw new Problem('precondition-failed', { detail: 'If-None-Match rules out what is there.', headers })
  }
}

/** Whether a change has a precondition, so that what stands has to be looked at before it is made. */
export function hasPrecondition({ headers }: FastifyRequest): boolean {
  return headers['if-match'] !== undefined || headers['if-none-match'] !== undefined
}

/**
 * For a change that must name the state it is made for (RFC 6585 section 3).
 *
 * @throws Problem precondition-required (428) without `If-Match`, precondition-failed (412) like {@link assertCurrent}
 */
export function requireMatch(request: FastifyRequest, etag: string): void {
  if (request.headers['if-match'] === undefined) throw new Problem('precondition-required')
  assertCurrent(request, etag)
}

/**
 * A 304 to `HEAD` says nothing of a length, as that to `GET`: Fastify would give it one of zero, where only the length
 * of the whole representation may stand (section 8.6). Register it before the routes.
 */
export const conditionalRequests = fp(
  async (app) => {
    app.addHook('onRoute', (route) => {
      if (route.method === 'HEAD') route.onSend = [...[route.onSend ?? []].flat(), dropLengthOf304]
    })
  },
  { name: 'conditional-requests', fastify: '5.x' },
)

const dropLengthOf304: onSendHookHandler = (_request, reply, payload, done) => {
  if (reply.statusCode === 304) reply.removeHeader('content-length')
  done(null, payload)
}
