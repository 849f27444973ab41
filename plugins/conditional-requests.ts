import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Problem } from './problem-details.ts'

/**
 * Conditional requests, RFC 9110 section 13. Entity tags are passed as they stand in a header, quotes included.
 */

/** A strong tag made of the bytes themselves, for what has no revision; 22 characters of SHA-256 and the version. */
export function contentEtag(body: string, version: number): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}.v${version}"`
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

/**
 * Whether the client has this representation already, by weak comparison (section 13.1.2), so that a `GET`
 * is answered `304`.
 */
export function ifNoneMatch(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-none-match']
  if (header === undefined) return false
  if (header === etag) return true
  const tags = readTags(header)
  return tags === '*' || tags.some((tag) => opaque(tag) === opaque(etag))
}

/**
 * Whether a change was made for the current state, by strong comparison (section 13.1.1). A header that does
 * not parse matches nothing: its sender did mean a condition.
 *
 * @returns undefined without an `If-Match`
 */
export function ifMatch(request: FastifyRequest, etag: string): boolean | undefined {
  const header = request.headers['if-match']
  if (header === undefined) return undefined
  const tags = readTags(header)
  return tags === '*' || tags.includes(etag)
}

/**
 * For a change that must name the state it was made for (RFC 6585 section 3).
 *
 * @throws Problem precondition-required (428) without `If-Match`, precondition-failed (412) with the current
 * `ETag` for another state
 */
export function requireMatch(request: FastifyRequest, etag: string): void {
  const matches = ifMatch(request, etag)
  if (matches === undefined) throw new Problem('precondition-required')
  if (!matches) throw new Problem('precondition-failed', { headers: { etag } })
}
