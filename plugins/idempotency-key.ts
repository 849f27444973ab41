import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { parseIdempotencyKey } from './idempotency-key/parse.ts'
import { Problem } from './problem-details.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook for operations that need a key; answers 400 when it is missing, malformed or doubled. */
    requireIdempotencyKey: onRequestHookHandler
  }
  interface FastifyRequest {
    /** The key without quotes and escapes, 1 to 255 characters; empty where `requireIdempotencyKey` did not run. */
    idempotencyKey: string
    /** What the service found the key to be, e.g. new or known; null until it says so. For logs. */
    idempotencyResult: string | null
  }
}

/**
 * The `Idempotency-Key` header of draft-ietf-httpapi-idempotency-key-header: an RFC 8941 string, or its bare value.
 * What a key means is the service's affair; this only reads it.
 */
export const idempotencyKey = fp(
  async (app) => {
    app.decorateRequest('idempotencyKey', '')
    app.decorateRequest('idempotencyResult', null)

    const refusal = (slug: string, detail?: string) =>
      new Problem(slug, { detail, headers: { link: `<${app.problemUrl(slug)}>; rel="describedby"` } })

    app.decorate('requireIdempotencyKey', (request, _reply, done) => {
      // Node joins several headers with a comma and a space, and what comes of it is neither form of a key.
      const value = request.headers['idempotency-key']
      if (value === undefined) {
        done(refusal('idempotency-key-missing'))
        return
      }
      const parsed = parseIdempotencyKey(String(value))
      if ('fault' in parsed) {
        done(refusal('idempotency-key-invalid', parsed.fault))
        return
      }
      request.idempotencyKey = parsed.key
      done()
    })
  },
  { name: 'idempotency-key', fastify: '5.x', dependencies: ['problem-details'] },
)

/** What makes two requests with one key the same request. */
export interface FingerprintParts {
  /** The parsed body. */
  readonly body: unknown
  /** The version it is written in. */
  readonly bodyVersion: number
  /** The version that the answer is wanted in. */
  readonly version: number
}

/** SHA-256, 32 bytes, over the canonical JSON (RFC 8785) of the parts: spaces and the order of members don't count. */
export function fingerprint({ body, bodyVersion, version }: FingerprintParts): Buffer {
  return hash('sha256', canonicalize({ body, bodyVersion, version }) ?? '', 'buffer')
}
