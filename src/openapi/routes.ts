import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { ifNoneMatch } from '#plugins/conditional-requests.ts'
import { composeDocument } from './document.ts'
import { renderJson, renderYaml } from './render.ts'

export interface OpenApiRoutesOptions {
  /** How clients reach the API. Asked with the first request, for a free port is known only once it listens. */
  publicUrl: () => string
}

interface Text {
  readonly body: Buffer
  readonly etag: string
}

/** `GET /openapi.yaml` and `GET /openapi.json`: the document of this release, with its own address in it. */
export const openapiRoutes: FastifyPluginAsync<OpenApiRoutesOptions> = async (app, { publicUrl }) => {
  const compose = () =>
    composeDocument([{ url: publicUrl().replace(/\/+$/, ''), description: 'This service' }])
  const yaml = once(() => textOf(renderYaml(compose())))
  const json = once(() => textOf(renderJson(compose())))

  app.get('/openapi.yaml', (request, reply) => send(request, reply, 'application/yaml', yaml()))
  app.get('/openapi.json', (request, reply) =>
    send(request, reply, 'application/json; charset=utf-8', json()),
  )
}

function send(request: FastifyRequest, reply: FastifyReply, type: string, text: Text): FastifyReply {
  // An hour: it changes with a release, and a reader who is an hour behind misses nothing.
  reply.header('etag', text.etag).cacheControl('public').maxAge('1h')
  if (ifNoneMatch(request, text.etag)) return reply.code(304).send()
  return reply.type(type).send(text.body)
}

function textOf(text: string): Text {
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  return { body: Buffer.from(text), etag: `"${hash}"` }
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
