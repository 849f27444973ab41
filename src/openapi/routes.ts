import type { FastifyPluginAsync } from 'fastify'
import { readerRoutes } from './reader.ts'
import { once, sendFile, servedFile } from './served-file.ts'

export interface OpenApiRoutesOptions {
  /** How clients reach the API. Asked with the first request, for a free port is known only once it listens. */
  publicUrl: () => string
}

/** `GET /openapi.yaml` and `GET /openapi.json`: the document of this release, with its own address; `GET /docs` to read it. */
export const openapiRoutes: FastifyPluginAsync<OpenApiRoutesOptions> = async (app, { publicUrl }) => {
  const yaml = once(() => render('application/yaml', 'renderYaml', publicUrl()))
  const json = once(() => render('application/json; charset=utf-8', 'renderJson', publicUrl()))

  app.get('/openapi.yaml', async (request, reply) => sendFile(request, reply, await yaml()))
  app.get('/openapi.json', async (request, reply) => sendFile(request, reply, await json()))
  await app.register(readerRoutes, { publicUrl })
}

/** Loads a hundred modules, a twentieth of all, when they are asked for: nobody does while the service starts. */
async function render(type: string, renderer: 'renderJson' | 'renderYaml', publicUrl: string) {
  const [{ composeDocument }, renderers] = await Promise.all([import('./document.ts'), import('./render.ts')])
  const server = { url: publicUrl.replace(/\/+$/, ''), description: 'This service' }
  return servedFile(type, renderers[renderer](composeDocument([server])))
}
