import type { FastifyError, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type FrameworkSlug, problemFromError } from './problem-details/from-error.ts'
import { defaultMaxUrlLength, findMalformed } from './problem-details/malformed.ts'
import { Problem, type ProblemType } from './problem-details/problem.ts'
import { answerOnSocket } from './problem-details/raw-socket.ts'
import {
  type ProblemFormat,
  problemUrl,
  type RenderedProblem,
  renderProblem,
} from './problem-details/render.ts'
import { hasEmptyParameter, routedMethods } from './problem-details/routed-methods.ts'
import { sendProblem } from './problem-details/send.ts'
import { maxHeaderSize } from './problem-details/server-options.ts'
import { createShedLog } from './problem-details/shed-log.ts'

export { defineProblems } from './problem-details/define-problems.ts'
export { Problem } from './problem-details/problem.ts'
export { type ProblemFormat, renderProblem } from './problem-details/render.ts'
export { problemServerOptions } from './problem-details/server-options.ts'
export { fragmentPointer, type Violation } from './problem-details/violation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The URI that stands as `type` of a slug's problems, and where its page is. */
    problemUrl(slug: string): string
    /** Status, headers and exact bytes of a problem, to keep and give again. Throws TypeError on an unknown slug. */
    renderProblem(problem: Problem, instance: string): RenderedProblem
  }
  interface FastifyReply {
    /** Sends a rendered problem, merging its `Link` and `Vary` with what is set. */
    sendProblem(rendered: RenderedProblem): FastifyReply
  }
  interface FastifyRequest {
    /** Slug of the problem that this request was answered with, for logs and metrics. */
    problemSlug: string | null
  }
}

export interface ProblemDetailsOptions extends ProblemFormat {
  /** The service's problems. Those that this plugin itself answers with have to be among them. */
  readonly catalogue: Readonly<Record<FrameworkSlug, ProblemType>>
  /** Paths of routes that are answered until the last moment, also while closing. Default none. */
  readonly probes?: readonly string[]
  /** Characters of a URL, query included. Default 4,096. */
  readonly maxUrlLength?: number
}

/** Refusals of the service as a whole: the next request's will be the same. */
const shed = new Set(['overloaded', 'service-unavailable'])

/**
 * Fastify closes the connection on every error of a body parser. Left open, the rest of the body is read and thrown
 * away; closed, a client that is still sending gets a reset instead of this answer.
 */
const leftOpen = new Set(['malformed-request', 'payload-too-large'])

/** Of a header: a letter, a colon and the end. */
const SHORTEST_LINE = 'a:\r\n'.length

/**
 * The one place where an error becomes HTTP (RFC 9457). Register it before every route, and after CORS, or its early refusals
 * lack CORS headers. The server is made with
 * `problemServerOptions`.
 */
export const problemDetails = fp<ProblemDetailsOptions>(
  async (app, options) => {
    const maxUrlLength = options.maxUrlLength ?? defaultMaxUrlLength
    const probes = new Set(options.probes)
    const shedLog = createShedLog(app.log)
    let closing = false

    app.decorate('problemUrl', (slug) => problemUrl(slug, options))
    app.decorate('renderProblem', (problem, instance) => renderProblem(problem, instance, options))
    app.decorateReply('sendProblem', function send(rendered) {
      this.request.problemSlug = rendered.slug
      return sendProblem(this, rendered)
    })
    app.decorateRequest('problemSlug', null)

    app.addHook('preClose', async () => {
      closing = true
    })
    app.addHook('onClose', async () => shedLog.close())

    const refuseUnknownRoute = (request: FastifyRequest): Problem => {
      const methods = routedMethods(app, request.url)
      // CORS answers OPTIONS on whatever path, so that alone makes none known.
      if (methods.every((method) => method === 'OPTIONS')) return new Problem('not-found')
      const allow = methods.join(', ')
      return new Problem('method-not-allowed', {
        detail: `${request.method} is not among ${allow}.`,
        headers: { allow },
      })
    }

    // Before any body is read: an unknown path comes before all else that could be wrong with a request.
    app.addHook('onRequest', (request, _reply, done) => {
      const malformed = findMalformed(request.raw, maxUrlLength)
      if (malformed !== undefined) done(malformed)
      else if (closing && !probes.has(request.routeOptions.url ?? '')) {
        done(new Problem('service-unavailable', { headers: { connection: 'close', 'retry-after': '1' } }))
      } else if (request.is404 || hasEmptyParameter(request.params)) done(refuseUnknownRoute(request))
      else done()
    })
    // Only reached by callNotFound, all else was refused above.
    app.setNotFoundHandler(() => {
      throw new Problem('not-found')
    })

    app.setErrorHandler<FastifyError | Problem>((error, request, reply) => {
      let problem = problemFromError(error, request.raw.errored)
      let rendered: RenderedProblem
      try {
        rendered = renderProblem(problem, request.id, options)
      } catch (cause) {
        problem = new Problem('internal-error', { cause })
        rendered = renderProblem(problem, request.id, options)
      }

      if (rendered.status < 500) request.log.debug({ err: problem }, rendered.slug)
      else if (shed.has(rendered.slug)) shedLog.refused(request.log, problem)
      else request.log.error({ err: problem }, rendered.slug)

      if (!closing && leftOpen.has(rendered.slug) && request.headers.connection !== 'close') {
        reply.removeHeader('connection')
      }
      return reply.sendProblem(rendered)
    })

    // Clients are told how large their headers may be, not how many: as many as fit into that. Node's own limit is 1,000.
    app.server.maxHeadersCount = Math.floor(maxHeaderSize / SHORTEST_LINE)
    // A tunnel is a method that Node does not route; without a listener it hangs up in silence.
    app.server.on('connect', (request, socket) => {
      const problem = new Problem('method-not-allowed', { headers: { allow: 'GET, HEAD' } })
      answerOnSocket(problem, socket, options, { tunnel: request })
    })
    // RFC 9110 section 10.1.1 lets a server pass over an expectation that it does not know.
    app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  },
  { name: 'problem-details', fastify: '5.x' },
)
