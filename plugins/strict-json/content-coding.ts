import type { FastifyRequest } from 'fastify'
import { Problem } from '../problem-details.ts'

/** Of the list that `Content-Encoding` is (RFC 9110 section 8.4): what changes nothing, and an element that is left empty. */
const NO_CODING = /^(?:identity)?$/i

/**
 * For whoever reads a body: none is decompressed here.
 *
 * @throws Problem unsupported-media-type
 */
export function refuseContentCoding({ headers }: FastifyRequest): void {
  const given = headers['content-encoding']
  if (given === undefined) return
  const codings = given
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => !NO_CODING.test(coding))
  if (codings.length === 0) return
  throw new Problem('unsupported-media-type', {
    detail: `Not decoded here: ${codings.join(', ')}.`,
    // RFC 9110 section 15.5.16: the header tells that it was the coding, not the type.
    headers: { 'accept-encoding': 'identity' },
  })
}
