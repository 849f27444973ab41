import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { problemFromError } from './from-error.ts'
import { defaultMaxUrlLength, findMalformed, refuseInHooks } from './malformed.ts'
import { answerOnSocket, type ParserError, problemFromParserError } from './raw-socket.ts'
import type { ProblemFormat } from './render.ts'

/** Of a request's headers together, in bytes. Clients are told so, whatever `NODE_OPTIONS` says. */
export const maxHeaderSize = 16_384

export interface ProblemServerSettings {
  /** Characters of a URL, query included. Default 4,096. */
  readonly maxUrlLength?: number
  /** Told the status of each answer to what could not be parsed, which no hook hears of. */
  readonly onRefused?: (status: number) => void
}

/**
 * The part of problem details that Fastify only takes when it is made: `fastify({ ...problemServerOptions(format) })`.
 * Errors of the router pass no hook, unless they are sent through it again, and those of the HTTP parser none at all;
 * while closing, the router would answer in its own JSON (so it is told not to, and the plugin's hook answers); and
 * Node would answer a missing Host with an empty 400.
 */
export function problemServerOptions(
  format: ProblemFormat,
  { maxUrlLength = defaultMaxUrlLength, onRefused }: ProblemServerSettings = {},
) {
  return {
    return503OnClosing: false,
    http: { maxHeaderSize, requireHostHeader: false },

    frameworkErrors(error: FastifyError, { raw, server }: FastifyRequest, reply: FastifyReply): void {
      refuseInHooks(raw, findMalformed(raw, maxUrlLength) ?? problemFromError(error))
      server.routing(raw, reply.raw)
    },

    clientErrorHandler(this: { log: FastifyBaseLogger }, error: ParserError, socket: Socket): void {
      // Nobody is left to answer.
      if (error.code === 'ECONNRESET' || socket.destroyed) return
      const problem = problemFromParserError(error, maxUrlLength)
      const onAnswered = (requestId: string) => {
        onRefused?.(format.catalogue[problem.slug]?.status ?? 400)
        this.log.info(
          { requestId, problem: problem.slug, code: error.code },
          'request refused by the HTTP parser',
        )
      }
      answerOnSocket(problem, socket, format, { onAnswered })
    },
  }
}
