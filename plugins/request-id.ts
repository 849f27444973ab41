import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { beginTrace, continueTrace } from './request-id/traceparent.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C `traceparent` for calls that this request gives rise to: one parent id for all of them. */
    readonly traceparent: string
    /** The same as far as it is known: null until somebody asked for it, or begins a trace by setting it. */
    ownTraceparent: string | null
    /** Of a trace that its caller began or that it has become part of; most requests are part of none. */
    readonly traceId: string | undefined
  }
}

/** Where the trace id stands in a `traceparent`. */
const TRACE_ID = [3, 35] as const

/** What can stand in a log line and a header as it is. */
export const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/

/** The last digits of a UUID, of which this many others follow without another random number. */
const LAST_DIGITS = Array.from({ length: 0x1000 }, (_, index) => index.toString(16).padStart(3, '0'))
let block = ''
let used = LAST_DIGITS.length

/** A UUID (RFC 9562). It has to be nobody else's, not a secret: 110 of its bits are random, and thousands in a row share them. */
function newRequestId(): string {
  if (used === LAST_DIGITS.length) {
    block = randomUUID().slice(0, -3)
    used = 0
  }
  return `${block}${LAST_DIGITS[used++]}`
}

const kId = Symbol('request id')

/**
 * For Fastify's server option of this name: the client's `X-Request-Id` if it has that form, else a new UUID; the same
 * whenever it is asked for. Several headers are joined by Node, and so replaced.
 */
export function genReqId(request: IncomingMessage & { [kId]?: string }): string {
  const known = request[kId]
  if (known !== undefined) return known
  const given = request.headers['x-request-id']
  const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : newRequestId()
  request[kId] = id
  return id
}

/** Echoes the request id on every response, and keeps the trace. Register it first: later hooks may refuse. */
export const requestId = fp(
  async (app) => {
    app.decorateRequest('ownTraceparent', null)
    app.decorateRequest('traceparent', {
      getter(this: FastifyRequest) {
        this.ownTraceparent ??= continueTrace(this.headers.traceparent?.toString()) ?? beginTrace()
        return this.ownTraceparent
      },
    })
    app.decorateRequest('traceId', {
      getter(this: FastifyRequest) {
        const given = this.headers.traceparent !== undefined
        return (given ? this.traceparent : this.ownTraceparent)?.slice(...TRACE_ID)
      },
    })
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id)
      done()
    })
  },
  { name: 'request-id', fastify: '5.x' },
)
