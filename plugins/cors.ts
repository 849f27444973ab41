import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { varyOnVersion } from './accept-version.ts'
import { mergeVary } from './problem-details/render.ts'
import { routedMethods } from './problem-details/routed-methods.ts'

export interface CorsOptions {
  /** Exactly as browsers send them, e.g. `https://shop.example.com`. None: no answer says a word about CORS. */
  origins: readonly string[]
}

/** Request headers that a page may set beyond those that need no leave. */
const ALLOWED_HEADERS = [
  // Without leave it may hold no quotes, so no `version="2"`.
  'Accept',
  'Accept-Version',
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'X-Request-Id',
  'traceparent',
  'tracestate',
].join(', ')

/** Response headers that a page may read beyond those that need no leave. */
const EXPOSED_HEADERS = [
  'API-Version',
  'Accept-Encoding',
  'Accept-Patch',
  'Accept-Post',
  'Allow',
  'Cache-Control',
  'Cache-Status',
  'Content-Type',
  'Deprecation',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Sunset',
  'Vary',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ')

/** Seconds that a browser may keep the answer to a preflight; Chromium does not go above. */
const MAX_AGE = '7200'

/**
 * Lets pages of named origins use the API from a browser (the CORS protocol of the Fetch standard). Credentials are not
 * allowed: the token is sent by the page, not by the browser's cookie jar.
 *
 * Registered after what varies by version and before problem details, so that refusals can be read by a page too.
 * Only a preflight of a named origin for a known path is answered here. Any other `OPTIONS` is a method like another
 * that the path does not have: its 405 carries in `Allow` what `OPTIONS` asks for (RFC 9110 section 9.3.7), and
 * to a browser both refusals are a "no".
 *
 * @throws Error at start if an origin is none: with a path or a slash at its end it would never match
 */
export const cors = fp<CorsOptions>(
  async (app, options) => {
    const origins = new Set(options.origins)
    for (const origin of origins) {
      if (URL.parse(origin)?.origin !== origin) throw new Error(`CORS for what is not an origin: ${origin}`)
    }
    if (origins.size === 0) return

    // The values that go in are set by other plugins, so there are only a few.
    const varied = new Map<string, string>()
    const varyOnOrigin = (before = ''): string => {
      const known = varied.get(before)
      if (known !== undefined) return known
      const merged = mergeVary(['Origin'], before)
      varied.set(before, merged)
      return merged
    }

    app.addHook('onRequest', (request, reply, done) => {
      // Also for who sends no origin: a cache must not give its answer to a page.
      reply.header('vary', varyOnOrigin(reply.getHeader('vary')?.toString()))
      const { origin } = request.headers
      if (origin === undefined || !origins.has(origin)) {
        done()
        return
      }
      reply.header('access-control-allow-origin', origin)
      const methods = isPreflight(request)
        ? routedMethods(app, request.url).filter((method) => method !== 'OPTIONS')
        : []
      if (methods.length > 0) {
        // It speaks for a route, which may have versions.
        varyOnVersion(reply)
        reply
          .code(204)
          .header('access-control-allow-methods', methods.join(', '))
          .header('access-control-allow-headers', ALLOWED_HEADERS)
          .header('access-control-max-age', MAX_AGE)
          .send()
        return
      }
      reply.header('access-control-expose-headers', EXPOSED_HEADERS)
      done()
    })
  },
  { name: 'cors', fastify: '5.x' },
)

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
}
