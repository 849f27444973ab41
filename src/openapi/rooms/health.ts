import { Type } from 'typebox'
import type { HealthReport } from '#plugins/health.ts'
import type { Endpoint, Room } from '../open-api.ts'
import { jsonContent } from '../versioned.ts'

const headers = ['Cache-Control'] as const

const text = { type: 'string' }

const HealthCheckSchema = Type.Object({
  status: Type.Enum(['up', 'degraded', 'down'], text),
  critical: Type.Boolean({ description: 'Without it nothing works.' }),
  circuit: Type.Optional(
    Type.Enum(['closed', 'open', 'half-open'], {
      ...text,
      description: 'The state of the circuit breaker in front of it.',
    }),
  ),
  latencyMs: Type.Optional(Type.Number({ description: 'Milliseconds it took to answer.' })),
  detail: Type.Optional(Type.String()),
})

const schemas = {
  Liveness: Type.Object({ status: Type.Literal('live') }),
  Readiness: Type.Object({
    status: Type.Enum(['ready', 'unready'], text),
    reason: Type.Optional(Type.String({ description: 'Why no traffic should come.' })),
  }),
  HealthCheck: HealthCheckSchema,
  Health: Type.Object({
    status: Type.Enum(['healthy', 'degraded', 'unhealthy'], text),
    checks: Type.Object({
      database: HealthCheckSchema,
      payment: HealthCheckSchema,
      inventory: HealthCheckSchema,
      email: HealthCheckSchema,
      queue: HealthCheckSchema,
    }),
    version: Type.String({ description: 'Of the running release.' }),
    uptimeSeconds: Type.Integer({ minimum: 0 }),
  }),
}

const up = { status: 'up', critical: false, circuit: 'closed' } as const
const working: HealthReport = {
  status: 'healthy',
  checks: {
    database: { status: 'up', critical: true, latencyMs: 2 },
    payment: up,
    inventory: up,
    email: up,
    queue: { status: 'up', critical: false },
  },
  version: '1.4.0',
  uptimeSeconds: 86412,
}
const withoutPayment: HealthReport = {
  ...working,
  status: 'degraded',
  checks: { ...working.checks, payment: { status: 'down', critical: false, circuit: 'open' } },
}
const withoutDatabase: HealthReport = {
  ...working,
  status: 'unhealthy',
  checks: {
    ...working.checks,
    database: { status: 'down', critical: true, detail: 'no answer within 1000 ms' },
  },
}

const probe = { method: 'get', access: 'probe', versioned: false, parameters: [], problems: [] } as const

const livez: Endpoint = {
  ...probe,
  path: '/livez',
  operationId: 'getLiveness',
  summary: 'Does the process live?',
  description: 'Answers while the process can answer at all, and asks no dependency.',
  answers: { 200: { description: 'It lives.', headers, content: jsonContent('Liveness', ['Live']) } },
}

const readyz: Endpoint = {
  ...probe,
  path: '/readyz',
  operationId: 'getReadiness',
  summary: 'Should traffic come here?',
  description: 'What a balancer asks. Plain JSON at `503` too.',
  answers: {
    200: { description: 'It should.', headers, content: jsonContent('Readiness', ['Ready']) },
    503: {
      description: 'Not now: starting, without a database, overloaded, or on the way out.',
      headers,
      content: jsonContent('Readiness', ['Unready']),
    },
  },
}

const health: Endpoint = {
  ...probe,
  path: '/health',
  operationId: 'getHealth',
  summary: 'How is the service, and what it depends on?',
  description: 'For people and their dashboards. Plain JSON at `503` too.',
  answers: {
    200: {
      description:
        'Healthy, or degraded: something is not as it should be, and orders are taken all the same.',
      headers,
      content: jsonContent('Health', ['Healthy', 'Degraded']),
    },
    503: {
      description: 'Unhealthy: what is critical is down.',
      headers,
      content: jsonContent('Health', ['Unhealthy']),
    },
  },
}

export const healthRoom: Room = {
  tag: { name: 'Health', description: 'What machines ask. Never limited, shed, or asked for a token.' },
  schemas,
  examples: {
    Live: { summary: 'Alive', value: { status: 'live' } },
    Ready: { summary: 'Ready', value: { status: 'ready' } },
    Unready: { summary: 'On the way out', value: { status: 'unready', reason: 'shutting down' } },
    Healthy: { summary: 'Everything works', value: working },
    Degraded: { summary: 'The payment service is away', value: withoutPayment },
    Unhealthy: { summary: 'The database is away', value: withoutDatabase },
  },
  endpoints: [livez, readyz, health],
}
