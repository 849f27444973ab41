import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Dependency, Fault, Faults } from './faults.ts'

const struck = new WeakMap<FastifyRequest, Fault>()

/**
 * Lets the faults of `dependency` strike the routes of this scope. Those that keep the work from being done
 * end the request here; the others let the handler run.
 *
 * @param refusal the dependency's own body for a 500 or a 429.
 */
export function strikeRoutes(
  app: FastifyInstance,
  faults: Faults,
  dependency: Dependency,
  refusal: (status: 429 | 500) => object,
): void {
  app.addHook('preHandler', async (request, reply) => {
    const fault = faults.strike(dependency)
    if (fault === undefined) return undefined
    struck.set(request, fault)
    switch (fault.mode) {
      case 'error':
        return reply.code(500).send(refusal(500))
      case 'rate-limit':
        return reply.code(429).header('retry-after', String(fault.retryAfterSeconds)).send(refusal(429))
      case 'reset':
        request.raw.socket.resetAndDestroy()
        return reply.hijack()
      case 'hang':
        return reply.hijack()
      default:
        return undefined
    }
  })

  app.addHook('onSend', async (request, _reply, payload) => {
    if (struck.get(request)?.mode === 'lost-response') request.raw.socket.destroy()
    return payload
  })
}

/** Waits in the middle of the work, where a slow dependency spends its time. */
export async function dawdle(request: FastifyRequest): Promise<void> {
  const fault = struck.get(request)
  if (fault?.mode === 'slow') await pause(fault.latencyMs, undefined, { ref: false })
}
