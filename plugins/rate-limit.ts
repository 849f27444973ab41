import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Principal } from './bearer-auth.ts'
import { createDecisionCache } from './decision-cache.ts'
import { Problem } from './problem-details.ts'
import { clientNetwork } from './rate-limit/client-network.ts'
import { createMemoryStore, type RateLimitStore, type WindowCount } from './rate-limit/memory-store.ts'

export { createRedisStore } from './rate-limit/redis-store.ts'

export interface RateLimitOptions {
  /** Requests of one client in a window. */
  max: number
  /** Length of the window. */
  windowSeconds: number
  /** Where the counting is done. Default: this process's memory. */
  store?: RateLimitStore
  /** The time in milliseconds since the epoch; by default the system's. */
  now?: () => number
  /** Told of each request that is refused. */
  onLimited?: () => void
}

/**
 * Limits requests per principal, and per address for those that have none, and says on each answer what is left
 * (draft-ietf-httpapi-ratelimit-headers). Routes with `probe` are not limited. Register it before the routes.
 *
 * A refusal for the rate comes before one for the identity, yet whom to count has to be known first. So the token is
 * verified here and the verdict kept for later (`app.identify`; a token seen before is a lookup):
 *
 * - Only a verified token is counted as its principal. An invented one neither uses up another's allowance nor escapes
 *   its own: it counts for the address that sent it, like no token at all.
 * - An address that has used up its allowance is not refused unverified. That would save a signature check, which
 *   the 401 costs anyway, and let one bad neighbour lock out everybody behind the same address.
 *
 * The address is `request.ip`, so as trustworthy as `trustProxy` is narrow.
 */
export const rateLimit = fp<RateLimitOptions>(
  async (app, options) => {
    const { max, windowSeconds, now = Date.now } = options
    const store: RateLimitStore = options.store ?? createMemoryStore()
    const windowMs = windowSeconds * 1_000
    const policy = `"default";q=${max};w=${windowSeconds}`

    const limitRoute: onRequestHookHandler = (request, reply, done) => {
      if (request.headers.authorization === undefined) limit(request, reply, done)
      else app.identify.call(app, request, reply, () => limit(request, reply, done))
    }
    app.addHook('onRoute', (route) => {
      if (route.config?.probe !== true) route.onRequest = [limitRoute, ...[route.onRequest ?? []].flat()]
    })

    app.addHook('onClose', async () => store.close?.())

    function limit(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
      const time = now()
      const counted = store.count(keyOf(request.caller, request.ip), windowMs, time)
      if (counted instanceof Promise) {
        counted.then(
          (used) => done(judge(reply, used, now())),
          (error: unknown) => {
            // Not to know is no reason to refuse: a limit that takes the service down is worse than none.
            request.log.error({ err: error }, 'requests could not be counted')
            done()
          },
        )
      } else {
        done(judge(reply, counted, time))
      }
    }

    function judge(reply: FastifyReply, { count, resetsAt }: WindowCount, time: number): Problem | undefined {
      const seconds = Math.max(1, Math.ceil((resetsAt - time) / 1_000))
      reply.header('ratelimit-policy', policy)
      reply.header('ratelimit', `"default";r=${Math.max(0, max - count)};t=${seconds}`)
      if (count <= max) return undefined
      options.onLimited?.()
      return new Problem('rate-limited', {
        detail: `${max} requests in ${windowSeconds} seconds are allowed. Try again in ${seconds}.`,
        headers: { 'retry-after': String(seconds) },
      })
    }
  },
  { name: 'rate-limit', fastify: '5.x', dependencies: ['problem-details', 'bearer-auth'] },
)

/** With a prefix, so that nobody is counted as an address by being called like one. */
const addressKeys = createDecisionCache((address) => `a:${clientNetwork(address)}`)

function keyOf(caller: Principal | null, address: string | undefined): string {
  // Of a connection that is already gone there is no address, whatever the type says.
  return caller === null ? addressKeys.get(address ?? '') : `p:${caller.id}`
}
