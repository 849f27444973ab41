import { Pool } from 'undici'
import { type HttpAnswer, readAnswer } from './http-answer.ts'

export interface HttpServiceOptions {
  /** Names it in errors. */
  name: string
  /** http or https, with a port and a path prefix if need be. A login in it is sent as Basic (RFC 7617). */
  url: string
  /** Sockets, at most: as many as its bulkhead admits calls, so that none waits for one on its own deadline. */
  connections: number
  /** For connecting, in milliseconds. Sockets that nobody waits for end by it too. */
  attemptTimeoutMs: number
  /** The longest that anything is waited for, in milliseconds: an attempt that nothing follows has all that is left. */
  deadlineMs: number
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the prefix, beginning with a slash. */
  path: string
  headers: Record<string, string>
  body?: string | undefined
  signal: AbortSignal
}

/** More than any answer we ask for; past it the socket is cut instead of memory filled. */
const LONGEST_ANSWER = 1024 * 1024
/** Below the five seconds after which Node's servers close an idle socket: we must be the one that closes. */
const KEEP_ALIVE_MS = 4_000

export type HttpService = ReturnType<typeof createHttpService>

/**
 * Keep-alive connections to one service. Aborting a request's signal destroys the socket under it.
 */
export function createHttpService({ name, url, connections, ...times }: HttpServiceOptions) {
  const { attemptTimeoutMs, deadlineMs } = times
  const parsed = new URL(url)
  const { origin, pathname } = parsed
  const prefix = pathname.replace(/\/+$/, '')
  const login = loginIn(parsed)
  const pool = new Pool(origin, {
    connections,
    // One request on a socket at a time: a slow answer must not stand before somebody else's.
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: attemptTimeoutMs },
    headersTimeout: deadlineMs,
    bodyTimeout: deadlineMs,
    maxResponseSize: LONGEST_ANSWER,
  })

  const send = (request: HttpRequest, drainMs?: number): Promise<HttpAnswer> => {
    const { path, method, headers, body = null, signal } = request
    const dispatched = {
      path: prefix + path,
      method,
      headers: login === undefined ? headers : { ...login, ...headers },
      body,
    }
    return readAnswer((handler) => void pool.dispatch(dispatched, handler), { name, signal, drainMs })
  }

  return {
    /**
     * Sends one request and reads the whole answer.
     *
     * @throws HttpFailure without a status when none came, or not all of it
     */
    ask: (request: HttpRequest): Promise<HttpAnswer> => send(request),

    /**
     * Sends one request whose status is the whole answer.
     *
     * @throws HttpFailure without a status when no answer came
     */
    askStatus: (request: HttpRequest): Promise<Omit<HttpAnswer, 'text'>> => send(request, attemptTimeoutMs),

    /** Waits for nothing: what is still in flight has lost its caller. */
    close: () => pool.destroy(),
  }
}

function loginIn({ username, password }: URL): { Authorization: string } | undefined {
  if (username === '' && password === '') return undefined
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}
