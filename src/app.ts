import fastify, { type FastifyInstance } from 'fastify'
import { acceptVersion } from '#plugins/accept-version.ts'
import { bearerAuth } from '#plugins/bearer-auth.ts'
import { cursor } from '#plugins/cursor.ts'
import { gracefulShutdown, type Shutdown } from '#plugins/graceful-shutdown.ts'
import { type Health, health, probePaths } from '#plugins/health.ts'
import { idempotencyKey } from '#plugins/idempotency-key.ts'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { genReqId, requestId } from '#plugins/request-id.ts'
import { strictJson } from '#plugins/strict-json.ts'
import { cursorSecret } from './config/cursor-secret.ts'
import { orders } from './orders/orders.ts'
import { orderRoutes } from './orders/routes.ts'
import type { Parts } from './parts.ts'
import { productCache } from './products/product-cache.ts'
import { productRoutes } from './products/routes.ts'

/**
 * The public API. What follows is the whole service, in the order in which a request passes it.
 */
export async function buildApp(
  parts: Parts,
  process: { health: Health; shutdown: Shutdown },
): Promise<FastifyInstance> {
  const { config, problemFormat } = parts
  const app = fastify({
    loggerInstance: parts.log,
    genReqId,
    trustProxy: config.trustProxy.length > 0 ? [...config.trustProxy] : false,
    ...problemServerOptions(problemFormat),
  })

  // Every answer has a request id, says goodbye while draining, and varies by version; every error is a problem.
  await app.register(requestId)
  await app.register(gracefulShutdown, { shutdown: process.shutdown })
  await app.register(acceptVersion, versionsOf(parts))
  await app.register(problemDetails, { ...problemFormat, probes: probePaths })

  // Who asks, and what a body and a key must look like; each route says which of these it wants.
  await app.register(bearerAuth, {
    secret: config.authJwtSecret,
    jwksUrl: config.authJwksUrl,
    issuer: config.authIssuer,
    audience: config.authAudience,
  })
  await app.register(strictJson)
  await app.register(idempotencyKey)
  await app.register(cursor, { secret: cursorSecret(config) })

  // What machines ask.
  await app.register(health, { health: process.health })

  // What the shop is about.
  await app.register(productCache, { productCache: parts.productCache })
  await app.register(productRoutes, { store: parts.products })
  await app.register(orders, { orders: parts.orders })
  await app.register(orderRoutes)
  return app
}

function versionsOf({ config, problemFormat }: Parts) {
  return {
    vendor: 'holdfast',
    defaultVersion: config.apiDefaultVersion,
    lifecycles: { 1: lifecycleOf(config.apiV1Deprecation, config.apiV1Sunset) },
    deprecationLink: `${problemFormat.publicUrl}/problems/version-sunset`,
  }
}

const lifecycleOf = (deprecation: string | undefined, sunset: string | undefined) => ({
  ...(deprecation === undefined ? {} : { deprecation: new Date(deprecation) }),
  ...(sunset === undefined ? {} : { sunset: new Date(sunset) }),
})
