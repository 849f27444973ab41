import type { IncomingHttpHeaders } from 'node:http'
import { errors, Pool } from 'undici'
import { parseRetryAfter } from '#plugins/circuit-breakers.ts'
import { HttpFailure } from './http-failure.ts'

export interface HttpServiceOptions {
  /** Names it in errors. */
  name: string
  /** http or https, with a port and a path prefix if need be. */
  url: string
  /** Sockets, at most: as many as its bulkhead admits calls, so that none waits for one on its own deadline. */
  connections: number
  /** The longest a single attempt may take, in milliseconds. Sockets that nobody waits for end by it too. */
  attemptTimeoutMs: number
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the prefix, beginning with a slash. */
  path: string
  headers: Record<string, string>
  body?: string | undefined
  signal: AbortSignal
}

export interface HttpAnswer {
  status: number
  /** How long the service asked to be left alone, in milliseconds. */
  retryAfterMs: number | undefined
  text: string
}

/** More than any answer we ask for; past it the socket is cut instead of memory filled. */
const LONGEST_ANSWER = 1024 * 1024
/** Below the five seconds after which Node's servers close an idle socket: we must be the one that closes. */
const KEEP_ALIVE_MS = 4_000

export type HttpService = ReturnType<typeof createHttpService>

/**
 * Keep-alive connections to one service. Aborting a request's signal destroys the socket under it.
 */
export function createHttpService({ name, url, connections, attemptTimeoutMs }: HttpServiceOptions) {
  const { origin, pathname } = new URL(url)
  const prefix = pathname.replace(/\/+$/, '')
  const pool = new Pool(origin, {
    connections,
    // One request on a socket at a time: a slow answer must not stand before somebody else's.
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: attemptTimeoutMs },
    headersTimeout: attemptTimeoutMs,
    bodyTimeout: attemptTimeoutMs,
    maxResponseSize: LONGEST_ANSWER,
  })

  const send = async ({ path, ...request }: HttpRequest) => {
    try {
      return await pool.request({ ...request, path: prefix + path, body: request.body ?? null })
    } catch (cause) {
      throw new HttpFailure(`${name}: no answer`, { cause: withoutQuote(cause) })
    }
  }

  return {
    /**
     * Sends one request and reads the whole answer.
     *
     * @throws HttpFailure without a status when none came, or not all of it
     */
    async ask(request: HttpRequest): Promise<HttpAnswer> {
      const { statusCode, headers, body } = await send(request)
      try {
        return { status: statusCode, retryAfterMs: retryAfterOf(headers), text: await body.text() }
      } catch (cause) {
        throw new HttpFailure(`${name}: half an answer`, { cause: withoutQuote(cause) })
      }
    },

    /**
     * Sends one request whose status is the whole answer. The body is drained behind the caller's back, so
     * that the socket can be used again; it may be garbage, or never end, and then costs only its socket.
     *
     * @throws HttpFailure without a status when no answer came
     */
    async askStatus(request: HttpRequest): Promise<Omit<HttpAnswer, 'text'>> {
      const { statusCode, headers, body } = await send(request)
      body.dump({ limit: LONGEST_ANSWER, signal: AbortSignal.timeout(attemptTimeoutMs) }).catch(() => {})
      return { status: statusCode, retryAfterMs: retryAfterOf(headers) }
    },

    /** Waits for nothing: what is still in flight has lost its caller. */
    close: () => pool.destroy(),
  }
}

function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  return parseRetryAfter(headers['retry-after'], Date.now())
}

/** The parser's errors carry what they could not parse, which may be our own request sent back: not for a log. */
function withoutQuote(error: unknown): unknown {
  if (!(error instanceof errors.HTTPParserError)) return error
  return Object.assign(new Error(error.message), { code: error.code })
}
