import { randomUUID } from 'node:crypto'
import { IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
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

/**
 * Writes a problem onto a socket that has no response object, and closes it. While an earlier request on the same
 * connection is still being answered, its answer goes first, or the client would take this one for it; and an
 * answer that was begun is cut off rather than continued with another one's bytes.
 * @param request whose id it bears; without one, of which no header could be read, it gets an id of its own
 * @returns that id
 */
export function answerOnSocket(
  problem: Problem,
  socket: Duplex,
  format: ProblemFormat,
  request = requestBeingRead(socket),
): string {
  const requestId = request === undefined ? randomUUID() : genReqId(request)
  const pending = pendingResponse(socket)
  if (pending?.req.complete && !pending.writableEnded) {
    // Nothing further is read after a parser error, so this is the connection's last word.
    pending.once('close', () => write(problem, socket, requestId, format))
  } else if (pending?.headersSent) {
    socket.destroy()
  } else {
    write(problem, socket, requestId, format)
  }
  return requestId
}

function write(problem: Problem, socket: Duplex, requestId: string, format: ProblemFormat): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
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

/** The response that Node has assigned to a socket; it offers no public way to ask. */
function pendingResponse(socket: Duplex): ServerResponse | undefined {
  const message: unknown = Reflect.get(socket, '_httpMessage')
  return message instanceof ServerResponse ? message : undefined
}

/** The request whose body is being read from a socket. As above, there is no public way to ask. */
function requestBeingRead(socket: Duplex): IncomingMessage | undefined {
  const { incoming } = Object(Reflect.get(socket, 'parser'))
  return incoming instanceof IncomingMessage && !incoming.complete ? incoming : undefined
}
