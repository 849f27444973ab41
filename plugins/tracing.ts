import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Span, withSpan } from './tracing/span.ts'
import type { Tracer } from './tracing/tracer.ts'

export { startOpenTelemetry } from './tracing/open-telemetry.ts'
export { activeSpan, forSpans, type Span, withSpan } from './tracing/span.ts'
export type { Tracer } from './tracing/tracer.ts'

export interface TracingOptions {
  tracer: Tracer
}

/**
 * A span for each request, by OpenTelemetry's conventions, below the caller's if it sent a `traceparent`; what is done for the
 * request becomes part of it. Routes with `probe` have none. Register it right after the request id, and only where
 * somebody wants traces: an instance without it pays nothing.
 */
export const tracing = fp<TracingOptions>(
  async (app, { tracer }) => {
    const spans = new WeakMap<FastifyRequest, Span>()

    app.addHook('onRequest', (request, reply, done) => {
      const { url: route, config } = request.routeOptions
      if (config.probe === true) {
        done()
        return
      }
      const span = tracer.start(route === undefined ? request.method : `${request.method} ${route}`, {
        kind: 'server',
        parent: request.headers.traceparent?.toString(),
        attributes: {
          'http.request.method': request.method,
          'url.path': request.originalUrl.split('?', 1)[0] ?? '',
          'url.scheme': request.protocol,
          'http.request.header.x-request-id': request.id,
          ...(route === undefined ? {} : { 'http.route': route }),
        },
      })
      request.ownTraceparent = span.traceparent
      spans.set(request, span)
      // Not when it is answered but when all of it is gone: also where the client hung up first.
      reply.raw.once('close', () => {
        if (!reply.raw.headersSent) {
          span.end('aborted')
          return
        }
        span.set({ 'http.response.status_code': reply.statusCode })
        span.end(reply.statusCode >= 500 ? String(reply.statusCode) : undefined)
      })
      withSpan(span, done)
    })

    // A body arrives on its connection, which belongs to no request; what comes after it does again.
    app.addHook('preValidation', (request, _reply, done) => withSpan(spans.get(request), done))
  },
  { name: 'tracing', fastify: '5.x', dependencies: ['request-id'] },
)
