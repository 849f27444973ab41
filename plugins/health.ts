import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Health } from './health/health.ts'

export {
  type CheckResult,
  createHealth,
  type Health,
  type HealthReport,
  type HealthSources,
} from './health/health.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked by machines every few seconds: never shed, limited, or asked for a token, and no news in the log. */
    probe?: boolean
  }
}

export interface HealthOptions {
  /** One for the process, however many listeners tell it. */
  health: Health
}

/** Paths of the probes, for what has to know them before a route is found. */
export const probePaths = ['/livez', '/readyz', '/health'] as const

/**
 * `/livez`, `/readyz` and `/health`. They answer in plain JSON, also at 503: whoever asks looks at the status alone or
 * wants to read which check it was.
 *
 * `/livez` asks nobody. An orchestrator restarts what is not live, and no restart brings a database back.
 */
export const health = fp<HealthOptions>(
  async (app, options) => {
    const probe = { config: { probe: true }, logLevel: 'warn', exposeHeadRoute: true } as const

    app.get('/livez', probe, (_request, reply) => answer(reply, 200, { status: 'live' }))

    app.get('/readyz', probe, async (_request, reply) => {
      const reason = await options.health.unreadiness()
      return reason === null
        ? answer(reply, 200, { status: 'ready' })
        : answer(reply, 503, { status: 'unready', reason })
    })

    app.get('/health', probe, async (_request, reply) => {
      const report = await options.health.report()
      return answer(reply, report.status === 'unhealthy' ? 503 : 200, report)
    })
  },
  { name: 'health', fastify: '5.x' },
)

function answer(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').send(body)
}
