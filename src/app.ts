import sensible from '@fastify/sensible'
import fastify, { type FastifyInstance } from 'fastify'
import { acceptVersion } from '#plugins/accept-version.ts'
import { bearerAuth } from '#plugins/bearer-auth.ts'
import { conditionalRequests } from '#plugins/conditional-requests.ts'
import { connectionLimit } from '#plugins/connection-limit.ts'
import { cors } from '#plugins/cors.ts'
import { cursor } from '#plugins/cursor.ts'
import { database } from '#plugins/database.ts'
import { gracefulShutdown, type Shutdown } from '#plugins/graceful-shutdown.ts'
import { headerLines } from '#plugins/header-lines.ts'
import { type Health, health, probePaths } from '#plugins/health.ts'
import { idempotencyKey } from '#plugins/idempotency-key.ts'
import { overload } from '#plugins/overload.ts'
import { pipelining } from '#plugins/pipelining.ts'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { createRedisStore, rateLimit } from '#plugins/rate-limit.ts'
import { genReqId, requestId } from '#plugins/request-id.ts'
import { RequestLogController, requestLog, withLazyChildren } from '#plugins/request-log.ts'
import { securityHeaders } from '#plugins/security-headers.ts'
import { strictJson } from '#plugins/strict-json.ts'
import { countRefused, telemetry } from '#plugins/telemetry.ts'
import { type Tracer, tracing } from '#plugins/tracing.ts'
import { validation } from '#plugins/validation.ts'
import { writeCoalescing } from '#plugins/write-coalescing.ts'
import { cursorSecret } from './config/cursor-secret.ts'
import { openapiRoutes } from './openapi/routes.ts'
import { orders } from './orders/orders.ts'
import { orderRoutes } from './orders/routes.ts'
import type { Parts } from './parts.ts'
import { problemPages } from './problem-pages.ts'
import { productCache } from './products/product-cache.ts'
import { productRoutes } from './products/routes.ts'
import { userRoutes } from './users/routes.ts'
import { users } from './users/users.ts'

/** For a whole request to arrive: a phone on a train gets through, a slow-loris does not hold a socket for long. */
const REQUEST_TIMEOUT_MS = 30_000
/** As long as a URL may be: no id is too long for its route, which refuses it in the version that was asked for. */
const MAX_PARAM_LENGTH = 4_096
/** How often Node looks for requests that took too long. Its own 30 s would let each of them take twice as long. */
const TIMEOUT_CHECK_MS = 1_000
/** For a socket on which nothing moves while it is answered: a client that does not fetch it. No answer takes as long. */
const STALLED_TIMEOUT_MS = 60_000
/** Longer than the idle time of common balancers (60 s): the side that is behind has to hang up last. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/**
 * Of the descriptors that the process may open. At 1,024, the least that is usual, the rest is what all calls to
 * dependencies at once, the database and the process itself need, beside the operations listener's eighth.
 */
const CONNECTIONS_SHARE = 1 / 2
/** Of nearly every answer; an `etag` is among those with few values because hot products are asked for again and again. */
const COMMON_HEADERS = {
  fewValues: [
    'api-version',
    'cache-control',
    'content-security-policy',
    'content-type',
    'cross-origin-resource-policy',
    'etag',
    'ratelimit-policy',
    'referrer-policy',
    'strict-transport-security',
    'vary',
    'x-content-type-options',
  ],
  manyValues: ['ratelimit', 'x-request-id'],
}

/**
 * The public API. What follows is the whole service, in the order in which a request passes it.
 */
export async function buildApp(
  parts: Parts,
  about: { health: Health; shutdown: Shutdown; tracer?: Tracer | undefined },
): Promise<FastifyInstance> {
  const { config, problemFormat } = parts
  const problemServer = problemServerOptions(problemFormat, {
    onRefused: (status) => countRefused(parts.telemetry, status),
  })
  const app = fastify({
    ...problemServer,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: {
      ...problemServer.http,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      // Node's own is 60 s, and of the two limits it takes the longer one for the whole request, whichever that is.
      headersTimeout: REQUEST_TIMEOUT_MS,
      // Nobody listens for the end of a body that is not there.
      optimizeEmptyRequests: true,
      ServerResponse: headerLines(COMMON_HEADERS),
    },
    loggerInstance: withLazyChildren(parts.log),
    genReqId,
    logController: new RequestLogController(),
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: STALLED_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  })

  // Who sends ever more and reads nothing, or opens ever more and says nothing, is cut off before anything is done for it.
  await app.register(connectionLimit, {
    share: CONNECTIONS_SHARE,
    onRefused: () => void parts.telemetry.connectionsRefused.api++,
  })
  await app.register(pipelining)

  // Every answer has a request id, says goodbye while draining, and varies by version; every error is a problem.
  await app.register(requestId)
  if (about.tracer !== undefined) await app.register(tracing, { tracer: about.tracer })
  await app.register(gracefulShutdown, { shutdown: about.shutdown })
  await app.register(telemetry, parts.telemetry)
  await app.register(writeCoalescing)
  await app.register(acceptVersion, versionsOf(parts))
  await app.register(securityHeaders, { publicUrl: config.publicUrl })
  await app.register(cors, { origins: config.corsOrigins })
  await app.register(problemDetails, problemFormat)
  await app.register(requestLog, {
    probes: probePaths,
    principalOf: (request) => request.caller?.id,
    versionOf: (request) => request.version,
    traceIdOf: (request) => request.traceId,
    idempotencyOf: (request) => request.idempotencyResult,
  })

  // Who asks, and whether it is too much; a refusal comes before anything is done.
  await app.register(overload, { onShed: (stage) => void parts.telemetry.shed[stage]++ })
  await app.register(bearerAuth, {
    secret: config.authJwtSecret,
    jwksUrl: config.authJwksUrl,
    issuer: config.authIssuer,
    audience: config.authAudience,
  })
  await app.register(rateLimit, {
    max: config.rateLimitMax,
    windowSeconds: config.rateLimitWindowSeconds,
    onLimited: () => void parts.telemetry.rateLimited++,
    ...sharedCount(parts),
  })

  // What a body, a key, a cursor and a precondition must look like; each route says which of these it wants.
  await app.register(validation)
  await app.register(strictJson)
  await app.register(idempotencyKey)
  await app.register(cursor, { secret: cursorSecret(config) })
  await app.register(conditionalRequests)

  // What machines ask, and what people read.
  await app.register(sensible)
  await app.register(health, { health: about.health })
  await app.register(problemPages)
  await app.register(openapiRoutes, { publicUrl: () => problemFormat.publicUrl })

  // What the shop is about.
  await app.register(database, { database: parts.database })
  await app.register(productCache, { productCache: parts.productCache })
  await app.register(productRoutes, { store: parts.products })
  await app.register(orders, { orders: parts.orders })
  await app.register(orderRoutes)
  await app.register(users, { store: parts.users })
  await app.register(userRoutes)
  return app
}

function sharedCount({ config: { redisUrl: url }, log }: Parts) {
  return url === undefined ? {} : { store: createRedisStore({ url, prefix: 'holdfast:rate-limit:', log }) }
}

function versionsOf({ config, problemFormat }: Parts) {
  return {
    vendor: 'holdfast',
    defaultVersion: config.apiDefaultVersion,
    lifecycles: { 1: lifecycleOf(config.apiV1Deprecation, config.apiV1Sunset) },
    deprecationLink: () => `${problemFormat.publicUrl}/problems/version-sunset`,
  }
}

const lifecycleOf = (deprecation: string | undefined, sunset: string | undefined) => ({
  ...(deprecation === undefined ? {} : { deprecation: new Date(deprecation) }),
  ...(sunset === undefined ? {} : { sunset: new Date(sunset) }),
})
