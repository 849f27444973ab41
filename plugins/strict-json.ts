import { Readable } from 'node:stream'
import type { preParsingHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { refuseContentCoding } from './strict-json/content-coding.ts'
import { parseStrictJson } from './strict-json/parse.ts'

export { refuseContentCoding } from './strict-json/content-coding.ts'
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

/** Those whose body Fastify reads. */
const BODY_METHODS = new Set(['DELETE', 'OPTIONS', 'PATCH', 'POST', 'PUT'])

/**
 * With the server option `optimizeEmptyRequests` Node gives a request without a body a stream that is over before
 * anybody listens, and with a `Content-Type` Fastify would wait for its end.
 */
const endEmptyBody: preParsingHookHandler = (request, _reply, payload, done) =>
  done(null, request.raw.readableEnded ? Readable.from([]) : payload)

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
      refuseContentCoding(request)
      done(null, parseStrictJson(body, maxDepth))
    })
    app.addHook('onRoute', (route) => {
      if (![route.method].flat().some((method) => BODY_METHODS.has(method))) return
      route.preParsing = [...[route.preParsing ?? []].flat(), endEmptyBody]
    })
  },
  { name: 'strict-json', fastify: '5.x', dependencies: ['problem-details'] },
)
