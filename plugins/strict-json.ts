import fp from 'fastify-plugin'
import { Problem } from './problem-details.ts'
import { parseStrictJson } from './strict-json/parse.ts'

export { parseStrictJson } from './strict-json/parse.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False: the operation takes no body, and one that comes anyway is thrown away unread. */
    body?: boolean
  }
}

export interface StrictJsonOptions {
  /** Bytes of a body. Default 256 KiB. */
  readonly bodyLimit?: number
  /** Levels of arrays and objects. Default 32: more than any body needs, and no danger to a recursive reader. */
  readonly maxDepth?: number
}

/**
 * Reads every body as strict JSON, whatever its media type: which types an operation reads is decided earlier, in
 * an `onRequest` hook. Replaces Fastify's parsers, of which the JSON one takes a member named twice, and replaces
 * bytes that are not UTF-8.
 */
export const strictJson = fp<StrictJsonOptions>(
  async (app, { bodyLimit = 256 * 1024, maxDepth = 32 }) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer', bodyLimit }, (request, body, done) => {
      if (request.routeOptions.config.body === false) {
        done(null, undefined)
        return
      }
      const encoding = request.headers['content-encoding'] ?? 'identity'
      if (encoding.toLowerCase() !== 'identity') {
        // RFC 9110 section 15.5.16: the header tells that it was the coding, not the type.
        const headers = { 'accept-encoding': 'identity' }
        throw new Problem('unsupported-media-type', { detail: `${encoding} is not decoded here.`, headers })
      }
      done(null, parseStrictJson(body, maxDepth))
    })
  },
  { name: 'strict-json', fastify: '5.x', dependencies: ['problem-details'] },
)
