import type { FastifyBaseLogger } from 'fastify'
import pino, { type Logger } from 'pino'
import { redact } from './redact.ts'

/** What the lines of a route have in common. */
export interface LoggedRoute {
  readonly level: 'debug' | 'info'
  /** Pattern, not path; null for a path that has none. */
  readonly url: string | null
  /** What stands between the id and the duration, as in the line before: most answers of a route are alike. */
  middle: { readonly method: string; readonly status: number | null; readonly text: string }
}

export const loggedRoute = (url: string | null, level: LoggedRoute['level']): LoggedRoute => ({
  level,
  url,
  middle: { method: '', status: null, text: '' },
})

/** What is said of a request. Nothing in it but the id is the client's own choice of words. */
export interface RequestLine {
  readonly route: LoggedRoute
  readonly requestId: string
  /** Whether the client chose the id. */
  readonly idIsTheirs: boolean
  readonly method: string
  /** Null when the client went away before the answer. */
  readonly status: number | null
  readonly durationMs: number | null
  readonly version: number | undefined
  /** A hash. */
  readonly principal: string | undefined
  /** 32 hexadecimal digits. */
  readonly traceId: string | undefined
  /** What its idempotency key was found to be: `miss`, `hit`, … */
  readonly idempotency: string | null
  readonly problem: string | null
  readonly message: string
}

const { chindingsSym, streamSym, timeSym } = pino.symbols

/**
 * Writes the lines of requests into the stream of a pino logger as the logger itself would, at a tenth of its price:
 * names and types are known, so nothing has to be searched for serializers, escapes or secrets but what came from outside.
 * A logger that is not pino's gets an object.
 */
export function requestLineWriter(log: FastifyBaseLogger): (line: RequestLine) => void {
  if (!isPino(log)) {
    return ({ route, message, ...line }) => log[route.level]({ ...line, route: route.url }, message)
  }
  const internals: { [name: symbol]: unknown } = Object(log)
  const stream = internals[streamSym] as { write(line: string): void }
  const beforeId = `${String(internals[chindingsSym])},"requestId":`
  const time = internals[timeSym] as () => string
  return (line) => {
    const { level } = line.route
    if (!log.isLevelEnabled(level)) return
    const id = line.idIsTheirs ? JSON.stringify(line.requestId) : `"${line.requestId}"`
    const text =
      `{"level":"${level}"${time()}${beforeId}${id}` +
      `${middleOf(line)}${line.durationMs}` +
      (line.version === undefined ? '' : `,"version":${line.version}`) +
      (line.principal === undefined ? '' : `,"principal":"${line.principal}"`) +
      (line.traceId === undefined ? '' : `,"traceId":"${line.traceId}"`) +
      (line.idempotency === null ? '' : `,"idempotency":"${line.idempotency}"`) +
      (line.problem === null ? '' : `,"problem":"${line.problem}"`) +
      `,"msg":"${line.message}"}\n`
    stream.write(line.idIsTheirs ? redact(text) : text)
  }
}

function middleOf({ route, method, status }: RequestLine): string {
  if (route.middle.method === method && route.middle.status === status) return route.middle.text
  const text = `,"method":"${method}","route":${JSON.stringify(route.url)},"status":${status},"durationMs":`
  route.middle = { method, status, text }
  return text
}

const isPino = (log: FastifyBaseLogger): log is Logger & FastifyBaseLogger => 'isLevelEnabled' in log
