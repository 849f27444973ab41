import type { IncomingMessage } from 'node:http'
import { Problem } from './problem.ts'
import { isRepeated } from './repeated.ts'

/** Characters of a URL, query included. */
export const defaultMaxUrlLength = 4096

const hostForm = /^[\w.~!$&'()*+,;=%:[\]-]*$/
/** The last one that had that form: nearly every request names the same. */
let knownHost = ''

const kRefusal = Symbol('refused by the router')
type RequestMessage = IncomingMessage & { [kRefusal]?: Problem; originalUrl?: string | undefined }

/** A path that is read as a single `%`, which nobody gives a route. */
const NOWHERE = '/%25'

/**
 * The router refuses what it cannot read before any hook. Sent through it once more, as what it can read, a request is
 * refused by the hooks: with the headers of every answer, and leave for a page of another origin to read them.
 */
export function refuseInHooks(raw: RequestMessage, refusal: Problem): void {
  raw[kRefusal] = refusal
  raw.originalUrl = raw.url
  raw.url = NOWHERE
}

/**
 * What RFC 9112 makes the server refuse whatever the path: section 3 (a target longer than it reads), section 3.2
 * (no Host, more than one, or one that is none). Node lets the second Host through, and answers a missing one
 * with an empty 400 unless `requireHostHeader` is off.
 */
export function findMalformed(raw: RequestMessage, maxUrlLength: number): Problem | undefined {
  if (raw[kRefusal] !== undefined) return raw[kRefusal]
  if (raw.url !== undefined && raw.url.length > maxUrlLength) return new Problem('uri-too-long')

  const { host } = raw.headers
  if (host === undefined) {
    return raw.httpVersion === '1.1' ? malformedHost('The Host header is missing.') : undefined
  }
  if (host !== knownHost) {
    if (!hostForm.test(host)) return malformedHost('The Host header names no host.')
    knownHost = host
  }
  return isRepeated(raw.rawHeaders, 'host')
    ? malformedHost('The Host header stands there more than once.')
    : undefined
}

/** What follows on a connection whose requests are in doubt is not read. */
function malformedHost(detail: string): Problem {
  return new Problem('malformed-request', { detail, headers: { connection: 'close' } })
}
