import type { FastifyPluginAsync } from 'fastify'
import { readerRoutes } from './reader.ts'
import { once, sendFile, servedFile } from './served-file.ts'

export interface OpenApiRoutesOptions {
  /** How clients reach the API. Asked with the first request, for a free port is known only once it listens. */
  publicUrl: () => string
}

/** `GET /openapi.yaml` and `GET /openapi.json`: the document of this release, with its own address; `GET /docs` to read it. */
export const openapiRoutes: FastifyPluginAsync<OpenApiRoutesOptions> = async (app, { publicUrl }) => {
  const yaml = once(async () => {
    const { document, renderYaml } = await compose(publicUrl())
    return servedFile('application/yaml', renderYaml(document))
  })
  const json = once(async () => {
    const { document, renderJson } = await compose(publicUrl())
    return servedFile('application/json; charset=utf-8', renderJson(document))
  })

  app.get('/openapi.yaml', async (request, reply) => sendFile(request, reply, await yaml()))
  app.get('/openapi.json', async (request, reply) => sendFile(request, reply, await json()))
  await app.register(readerRoutes, { publicUrl })
}

/** A hundred modules, a twentieth of all: nobody asks for the document while the service starts. */
async function compose(publicUrl: string) {
  const [{ composeDocument }, rendering] = await Promise.all([import('./document.ts'), import('./render.ts')])
  const server = { url: publicUrl.replace(/\/+$/, ''), description: 'This service' }
  return { document: composeDocument([server]), ...rendering }
}
