import { hash } from 'node:crypto'
import { type FastifyReply, type FastifyRequest, LogController, type onResponseHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { LoggerOptions } from 'pino'
import { redact } from './request-log/redact.ts'
import { type LoggedRoute, loggedRoute, requestLineWriter } from './request-log/request-line.ts'
import { serializeError } from './request-log/serialize-error.ts'

export { withLazyChildren } from './request-log/lazy-children.ts'

export interface RequestLogOptions {
  /** Paths that are asked all day long, and logged at `debug`. Default none. */
  readonly probes?: readonly string[]
  /** Who asked, of whom the log gets a hash: enough to follow one client, too little to name one. */
  readonly principalOf?: (request: FastifyRequest) => string | undefined
  /** The version that was answered in. */
  readonly versionOf?: (request: FastifyRequest) => number | undefined
  /** The trace that it is part of, if it is part of one. */
  readonly traceIdOf?: (request: FastifyRequest) => string | undefined
  /** What its idempotency key was found to be. */
  readonly idempotencyOf?: (request: FastifyRequest) => string | null
}

/**
 * Options of a logger whose lines carry no secret at any level: requests and responses are reduced to method, path
 * and status, errors to what they are and what caused them, and every line is searched for what is left.
 */
export function loggerOptions({ level }: { level: string }): LoggerOptions {
  return {
    level,
    timestamp,
    formatters: { level: (label) => ({ level: label }) },
    serializers: {
      req: (request: { method?: string; url?: string }) => ({
        method: request.method,
        path: request.url?.replace(/[?#].*$/s, ''),
      }),
      res: (reply: { statusCode?: number }) => ({ status: reply.statusCode }),
      err: serializeError,
      error: serializeError,
      reason: serializeError,
      cause: serializeError,
    },
    hooks: { streamWrite: redact },
  }
}

/**
 * For Fastify's server option `logController`: its own two lines a request are left out, as `requestLog` writes one;
 * what goes wrong while answering is still logged.
 */
export class RequestLogController extends LogController {
  constructor() {
    super({ requestIdLogLabel: 'requestId' })
  }

  override incomingRequest(): void {}

  override requestCompleted(): void {}

  override routeNotFound(): void {}
}

/** Writes one line a request, when it was answered, or when its client went away. */
export const requestLog = fp<RequestLogOptions>(
  async (app, { probes = [], principalOf, versionOf, idempotencyOf, traceIdOf }) => {
    const quiet = new Set(probes)
    const writeLine = requestLineWriter(app.log)

    const none = loggedRoute(null, 'info')
    const routeOf = (url: string) => loggedRoute(url, quiet.has(url) ? 'debug' : 'info')

    const write = (request: FastifyRequest, reply: FastifyReply, route: LoggedRoute, answered: boolean) => {
      const principal = principalOf?.(request)
      const version = versionOf?.(request)
      writeLine({
        route,
        requestId: request.id,
        idIsTheirs: request.headers['x-request-id'] !== undefined,
        method: request.method,
        status: answered ? reply.statusCode : null,
        durationMs: answered ? Math.round(reply.elapsedTime * 1_000) / 1_000 : null,
        version: version === 0 ? undefined : version,
        principal: principal === undefined ? undefined : hashOf(principal),
        traceId: traceIdOf?.(request),
        idempotency: idempotencyOf?.(request) ?? null,
        problem: request.problemSlug,
        message: answered ? 'request answered' : 'request aborted by its client',
      })
    }

    // Each route gets a hook that holds its name, which would otherwise be put together for each request.
    app.addHook('onRoute', (options) => {
      const route = routeOf(options.url)
      const logAnswer: onResponseHookHandler = (request, reply, done) => {
        write(request, reply, route, true)
        done()
      }
      options.onResponse = [...[options.onResponse ?? []].flat(), logAnswer]
    })
    // Only these have no route of their own.
    app.addHook('onResponse', (request, reply, done) => {
      if (request.is404) write(request, reply, none, true)
      done()
    })
    // Fastify's own hook listens to the request, and one without a body may be over for Node before it is answered.
    app.addHook('onRequest', (request, reply, done) => {
      reply.raw.on('close', () => {
        if (reply.raw.writableFinished) return
        const { url } = request.routeOptions
        write(request, reply, url === undefined ? none : routeOf(url), false)
      })
      done()
    })
  },
  { name: 'request-log', fastify: '5.x', dependencies: ['problem-details'] },
)

let stampedAt = 0
let stamp = ''

/** RFC 3339 in UTC with milliseconds. Under load many lines share one, and writing it costs more than the clock. */
function timestamp(): string {
  const now = Date.now()
  if (now !== stampedAt) {
    stampedAt = now
    stamp = `,"time":"${new Date(now).toISOString()}"`
  }
  return stamp
}

function hashOf(principal: string): string {
  return hash('sha256', principal).slice(0, 12)
}
