import type { Server } from 'node:http'
import cors from '@fastify/cors'
import sensible from '@fastify/sensible'
import Fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import { Problem, problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { problems } from '#src/problems.ts'

export const format = { catalogue: problems, publicUrl: 'https://api.example.com' }

/** A small service with problem details; `/throw` throws whatever `toThrow` gives. */
export async function buildProblemApp(
  toThrow: (app: FastifyInstance) => unknown = () => new Problem('not-found'),
  serverOptions: FastifyHttpOptions<Server> = {},
): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    ...problemServerOptions(format),
    bodyLimit: 1_000,
    ...serverOptions,
  })
  await app.register(cors, { origin: ['https://shop.example.com'] })
  await app.register(sensible)
  await app.register(problemDetails, { ...format, probes: ['/livez'] })
  app.get('/livez', async () => ({}))
  app.get('/things/:id', async () => ({}))
  app.patch('/things/:id', async () => ({}))
  app.post('/things/:id/close', async (request) => request.body ?? {})
  app.get('/throw', async (_request, reply) => {
    reply.header('etag', '"1"').header('location', '/x').header('last-modified', 'now').type('text/html')
    reply.header('link', '</next>; rel="next"').header('vary', 'Origin, accept').header('api-version', '2')
    throw toThrow(app)
  })
  return app
}
