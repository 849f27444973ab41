import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { problemFromError } from './from-error.ts'
import { defaultMaxUrlLength, findMalformed } from './malformed.ts'
import { answerOnSocket, type ParserError, problemFromParserError } from './raw-socket.ts'
import { type ProblemFormat, renderProblem } from './render.ts'
import { sendProblem } from './send.ts'

export interface ProblemServerSettings {
  /** Characters of a URL, query included. Default 4,096. */
  readonly maxUrlLength?: number
  /** Told the status of each answer given here, which no hook hears of; with the method, where it could be read. */
  readonly onRefused?: (status: number, method?: string) => void
}

/**
 * The part of problem details that Fastify only takes when it is made: `fastify({ ...problemServerOptions(format) })`.
 * Errors of the router and of the HTTP parser pass no hook and no error handler; while closing, the router would
 * answer in its own JSON (so it is told not to, and the plugin's hook answers); and Node would answer a missing
 * Host with an empty 400.
 */
export function problemServerOptions(
  format: ProblemFormat,
  { maxUrlLength = defaultMaxUrlLength, onRefused }: ProblemServerSettings = {},
) {
  return {
    return503OnClosing: false,
    http: { requireHostHeader: false },

    frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
      const problem = findMalformed(request.raw, maxUrlLength) ?? problemFromError(error)
      const rendered = renderProblem(problem, request.id, format)
      request.log.info({ problem: rendered.slug, status: rendered.status }, 'request refused by the router')
      sendProblem(reply, rendered)
      onRefused?.(rendered.status, request.method)
    },

    clientErrorHandler(this: { log: FastifyBaseLogger }, error: ParserError, socket: Socket): void {
      // Nobody is left to answer.
      if (error.code === 'ECONNRESET' || socket.destroyed) return
      const problem = problemFromParserError(error, maxUrlLength)
      const requestId = answerOnSocket(problem, socket, format)
      onRefused?.(format.catalogue[problem.slug]?.status ?? 400)
      this.log.info(
        { requestId, problem: problem.slug, code: error.code },
        'request refused by the HTTP parser',
      )
    },
  }
}
