import type { TestContext } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { type AcceptVersionOptions, acceptVersion } from '#plugins/accept-version.ts'
import { Problem, problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { problems } from '#src/problems.ts'

const format = { catalogue: problems, publicUrl: 'https://api.example.com' }
export const ORDER = { type: 'order', versions: [1, 2] }
export const PATCHES = ['application/json-patch+json', 'application/merge-patch+json']

/** A service with one resource, `/orders/1`, in versions 1 and 2; it tells what the hooks decided. */
export async function versionedService(
  t: TestContext,
  options: Partial<AcceptVersionOptions> = {},
  prepare?: (app: FastifyInstance) => Promise<unknown>,
): Promise<FastifyInstance> {
  const app = Fastify({ ...problemServerOptions(format) })
  t.after(() => app.close())
  await prepare?.(app)
  await app.register(acceptVersion, {
    vendor: 'holdfast',
    defaultVersion: 1,
    lifecycles: {},
    deprecationLink: 'https://api.example.com/docs#versions',
    ...options,
  })
  await app.register(problemDetails, format)
  const negotiated = app.acceptVersion(ORDER)

  app.get('/orders/1', { onRequest: negotiated }, async (request, reply) => {
    reply.header('content-type', request.responseType)
    return Buffer.from(JSON.stringify({ version: request.version }))
  })
  app.post('/orders', { onRequest: [negotiated, app.acceptBody(ORDER)] }, async (request) => ({
    version: request.version,
    bodyVersion: request.bodyVersion,
    body: request.body,
  }))
  app.patch('/orders/1', { onRequest: [negotiated, app.acceptPatch(PATCHES)] }, async (request) => ({
    type: request.mediaType,
    bodyVersion: request.bodyVersion,
  }))
  app.get('/private', { onRequest: [refuse, negotiated] }, async () => ({}))
  app.register(async (scope) => {
    scope.addHook('onRequest', refuse)
    scope.addHook('onRequest', negotiated)
    scope.get('/scoped', async () => ({}))
  })
  app.get('/broken', { onRequest: negotiated }, async () => {
    throw new Error('broken')
  })
  app.get('/health', async () => ({}))
  return app
}

async function refuse(): Promise<void> {
  throw new Problem('unauthorized')
}
