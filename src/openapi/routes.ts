import type { FastifyPluginAsync } from 'fastify'
import { composeDocument } from './document.ts'
import { readerRoutes } from './reader.ts'
import { renderJson, renderYaml } from './render.ts'
import { once, sendFile, servedFile } from './served-file.ts'

export interface OpenApiRoutesOptions {
  /** How clients reach the API. Asked with the first request, for a free port is known only once it listens. */
  publicUrl: () => string
}

/** `GET /openapi.yaml` and `GET /openapi.json`: the document of this release, with its own address; `GET /docs` to read it. */
export const openapiRoutes: FastifyPluginAsync<OpenApiRoutesOptions> = async (app, { publicUrl }) => {
  const compose = () =>
    composeDocument([{ url: publicUrl().replace(/\/+$/, ''), description: 'This service' }])
  const yaml = once(() => servedFile('application/yaml', renderYaml(compose())))
  const json = once(() => servedFile('application/json; charset=utf-8', renderJson(compose())))

  app.get('/openapi.yaml', (request, reply) => sendFile(request, reply, yaml()))
  app.get('/openapi.json', (request, reply) => sendFile(request, reply, json()))
  await app.register(readerRoutes, { publicUrl })
}
