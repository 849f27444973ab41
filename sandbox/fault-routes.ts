import type { FastifyPluginAsync } from 'fastify'
import { DEPENDENCIES, type Faults, parseFault } from './faults.ts'

export interface FaultRoutesOptions {
  readonly faults: Faults
}

/** `GET /faults` and `PUT /faults/:dependency`: how a test, or a curious hand, breaks something. */
export const faultRoutes: FastifyPluginAsync<FaultRoutesOptions> = async (app, { faults }) => {
  // `curl -d` without a header calls it a form; whatever it is called, it is JSON.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, async (_request: unknown, body: string | Buffer) => {
    try {
      return JSON.parse(body.toString())
    } catch {
      return undefined
    }
  })

  app.get('/faults', async () => faults.current)

  app.put<{ Params: { dependency: string } }>('/faults/:dependency', async (request, reply) => {
    const dependency = DEPENDENCIES.find((name) => name === request.params.dependency)
    if (dependency === undefined) {
      return reply.code(404).send({ errors: [`the dependencies are ${DEPENDENCIES.join(', ')}`] })
    }
    const fault = parseFault(request.body)
    if ('errors' in fault) return reply.code(400).send(fault)
    faults.set(dependency, fault)
    return fault
  })
}
