import type { FastifyRequest } from 'fastify'
import { Problem } from '../problem-details.ts'

/**
 * For whoever reads a body: none is decompressed here.
 *
 * @throws Problem unsupported-media-type
 */
export function refuseContentCoding({ headers }: FastifyRequest): void {
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding.toLowerCase() === 'identity') return
  throw new Problem('unsupported-media-type', {
    detail: `${coding} is not decoded here.`,
    // RFC 9110 section 15.5.16: the header tells that it was the coding, not the type.
    headers: { 'accept-encoding': 'identity' },
  })
}
