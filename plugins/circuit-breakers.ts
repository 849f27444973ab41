import fp from 'fastify-plugin'
import type { CallPolicy } from './circuit-breakers/call-policy.ts'

export { CallFailed, type FailureClass } from './circuit-breakers/call-failed.ts'
export type { CallPolicyOptions } from './circuit-breakers/call-options.ts'
export { type CallPolicy, createCallPolicy } from './circuit-breakers/call-policy.ts'
export { parseRetryAfter } from './circuit-breakers/retry-after.ts'
export type { Time } from './circuit-breakers/time.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The policies that calls to dependencies go through, for those who show or count them. */
    callPolicies: readonly CallPolicy[]
  }
}

export interface CircuitBreakersOptions {
  /** One for each dependency, made for the life of the process. */
  policies: readonly CallPolicy[]
}

/**
 * Hands the policies around, and says in the log when a circuit changes. They are closed by whoever made them: their
 * calls outlive a listener.
 */
export const circuitBreakers = fp<CircuitBreakersOptions>(
  async (app, { policies }) => {
    app.decorate('callPolicies', policies)
    for (const policy of policies) {
      policy.onStateChange((state, before) => {
        const level = state === 'closed' ? 'info' : 'warn'
        app.log[level]({ dependency: policy.name, state, before }, 'circuit changed')
      })
    }
  },
  { name: 'circuit-breakers', fastify: '5.x' },
)
