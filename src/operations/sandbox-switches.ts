import type { FastifyPluginAsync } from 'fastify'
import { Problem } from '#plugins/problem-details.ts'

export interface SandboxSwitchesOptions {
  /** Of the sandbox that stands in for the dependencies. */
  url: string
}

/** The sandbox is on this machine and asks nobody else. */
const PATIENCE_MS = 5_000

/**
 * The switches of the sandbox, for the dashboard, whose page may speak to no other origin than its own. Never in
 * production, where there is no sandbox.
 */
export const sandboxSwitches: FastifyPluginAsync<SandboxSwitchesOptions> = async (app, { url }) => {
  app.get('/sandbox/faults', () => ask('GET', '/faults'))

  app.put<{ Params: { dependency: string } }>('/sandbox/faults/:dependency', (request) => {
    request.log.info({ operator: request.operator, fault: request.body }, 'a fault was switched')
    return ask('PUT', `/faults/${encodeURIComponent(request.params.dependency)}`, request.body)
  })

  app.post('/sandbox/orders', async (request, reply) => {
    return reply.code(202).send(await ask('POST', '/orders', request.body))
  })

  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((cause: unknown) => {
      throw new Problem('service-unavailable', { detail: 'The sandbox does not answer.', cause })
    })
    const said: unknown = await answer.json()
    if (answer.ok) return said
    throw new Problem('malformed-request', { detail: `The sandbox refused: ${JSON.stringify(said)}` })
  }
}
