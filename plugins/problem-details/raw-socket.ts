import { randomUUID } from 'node:crypto'
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { requestBeingRead, responseOn } from '../node-internals.ts'
import { genReqId } from '../request-id.ts'
import { Problem } from './problem.ts'
import { type ProblemFormat, renderProblem } from './render.ts'

/** What Node's HTTP parser could not read, as its `clientError` event tells it. */
export interface ParserError extends Error {
  code?: string
  rawPacket?: unknown
}

/** The problem that the HTTP parser's own error amounts to. */
export function problemFromParserError(error: ParserError, maxUrlLength: number): Problem {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request-timeout', { cause: error })
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    const slug = startsWithLongUrl(error.rawPacket, maxUrlLength) ? 'uri-too-long' : 'header-fields-too-large'
    return new Problem(slug, { cause: error })
  }
  return new Problem('malformed-request', { detail: 'The request is not HTTP.', cause: error })
}

/** To the parser an overlong URL is an overlong header like any other; the bytes tell them apart. */
function startsWithLongUrl(packet: unknown, maxUrlLength: number): boolean {
  if (!Buffer.isBuffer(packet)) return false
  const start = packet.subarray(0, maxUrlLength).toString('latin1')
  return /^[A-Z]+ \S+$/.test(start) && start.length === maxUrlLength
}

export interface SocketAnswerOptions {
  /** The request that has become a tunnel, on a socket that no parser reads any more. */
  readonly tunnel?: IncomingMessage
  /** Told the id that the answer bears, if one is written. */
  readonly onAnswered?: (requestId: string) => void
}

/** Those that were refused: what cannot be parsed is told again with every packet that follows. */
const refused = new WeakSet<Duplex>()

/**
 * Writes a problem onto a socket that has no response object, and closes it. The answers to all requests before this one
 * go first (RFC 9112 section 9.3.2), or the client would take it for one of theirs; and a request whose own answer was
 * begun or given gets no second one, only the end of the connection. It bears the id of the request that is tunnelled or
 * was being read; without one, of which no header could be read, an id of its own.
 */
export function answerOnSocket(
  problem: Problem,
  socket: Duplex,
  format: ProblemFormat,
  { tunnel, onAnswered }: SocketAnswerOptions = {},
): void {
  if (refused.has(socket)) return
  refused.add(socket)
  const unfinished = requestBeingRead(socket)

  const answer = () => {
    const pending = responseOn(socket)
    // Only the last request can be incomplete. As one response closes, Node has assigned the next one.
    if (pending?.req.complete || pending?.writableEnded) {
      pending.once('close', answer)
      return
    }
    const isAnswered = pending === undefined ? unfinished !== undefined : pending.headersSent
    if (isAnswered || !socket.writable) {
      socket.destroy()
      return
    }
    const request = tunnel ?? unfinished
    const requestId = request === undefined ? randomUUID() : genReqId(request)
    write(problem, socket, requestId, format)
    onAnswered?.(requestId)
  }
  answer()
}

function write(problem: Problem, socket: Duplex, requestId: string, format: ProblemFormat): void {
  const { status, headers, body } = renderProblem(problem, requestId, format)
  const lines = Object.entries({
    ...headers,
    'x-content-type-options': 'nosniff',
    date: new Date().toUTCString(),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`, () => {
    socket.destroy()
  })
}
