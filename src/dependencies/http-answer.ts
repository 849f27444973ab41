import type { IncomingHttpHeaders } from 'node:http'
import { type Dispatcher, errors } from 'undici'
import { parseRetryAfter } from '#plugins/circuit-breakers.ts'
import { HttpFailure } from './http-failure.ts'

export interface HttpAnswer {
  status: number
  /** How long the service asked to be left alone, in milliseconds. */
  retryAfterMs: number | undefined
  text: string
}

export interface ReadOptions {
  /** Names the service in errors. */
  name: string
  /** Its abort destroys the socket, as long as the answer is waited for. */
  signal: AbortSignal
  /**
   * Milliseconds. Where it is given the status is the whole answer, and the body is drained behind the caller's back
   * for so long, that the socket can be used again: it may be garbage, or never end, and then costs only its socket.
   */
  drainMs?: number | undefined
}

const decoder = new TextDecoder()

/**
 * Has a request sent, and reads its answer as it comes in. Undici's `request` does the same through a stream for each
 * answer, which is work that every order would pay for twice.
 *
 * @throws HttpFailure without a status when no answer came, or not all of it
 */
export function readAnswer(
  dispatch: (handler: Dispatcher.DispatchHandler) => void,
  { name, signal, drainMs }: ReadOptions,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let controller: Dispatcher.DispatchController | undefined
    let drain: NodeJS.Timeout | undefined
    let answer: Omit<HttpAnswer, 'text'> | undefined

    // Before it has a socket, a request has no controller either, and is ended when it gets one.
    const onAbort = () => {
      fail(signal.reason)
      controller?.abort(signal.reason)
    }
    const done = () => signal.removeEventListener('abort', onAbort)
    const fail = (cause: unknown) => {
      done()
      clearTimeout(drain)
      const what = answer === undefined ? 'no answer' : 'half an answer'
      reject(new HttpFailure(`${name}: ${what}`, { cause: withoutQuote(cause) }))
    }
    const succeed = (text: string) => {
      done()
      if (answer !== undefined) resolve({ ...answer, text })
    }

    if (signal.aborted) return fail(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    dispatch({
      onRequestStart(given) {
        if (signal.aborted) given.abort(signal.reason)
        controller = given
      },
      onResponseStart(given, status, headers) {
        if (status < 200) return
        answer = { status, retryAfterMs: retryAfterOf(headers) }
        if (drainMs === undefined) return
        succeed('')
        drain = setTimeout(() => given.abort(new Error('an answer without an end')), drainMs)
      },
      onResponseData(_controller, chunk) {
        if (drainMs === undefined) chunks.push(chunk)
      },
      onResponseEnd() {
        clearTimeout(drain)
        succeed(decoder.decode(Buffer.concat(chunks)))
      },
      onResponseError: (_controller, error) => fail(error),
    })
  })
}

/** A field that is sent twice comes as a list, whatever its type says. */
function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const field: string | readonly string[] | undefined = headers['retry-after']
  return parseRetryAfter(typeof field === 'object' ? field[0] : field, Date.now())
}

/** The parser's errors carry what they could not parse, which may be our own request sent back: not for a log. */
function withoutQuote(error: unknown): unknown {
  if (!(error instanceof errors.HTTPParserError)) return error
  return Object.assign(new Error(error.message), { code: error.code })
}
