import fastify, { type FastifyInstance } from 'fastify'
import { circuitBreakers } from '#plugins/circuit-breakers.ts'
import { conditionalRequests } from '#plugins/conditional-requests.ts'
import { connectionLimit } from '#plugins/connection-limit.ts'
import { cursor } from '#plugins/cursor.ts'
import { gracefulShutdown, type Shutdown } from '#plugins/graceful-shutdown.ts'
import { type Health, health, probePaths } from '#plugins/health.ts'
import { operatorAuth } from '#plugins/operator-auth.ts'
import { pipelining } from '#plugins/pipelining.ts'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { genReqId, requestId } from '#plugins/request-id.ts'
import { RequestLogController, requestLog } from '#plugins/request-log.ts'
import { securityHeaders } from '#plugins/security-headers.ts'
import { strictJson } from '#plugins/strict-json.ts'
import { validation } from '#plugins/validation.ts'
import { cursorSecret } from './config/cursor-secret.ts'
import { assetRoute, dashboard } from './operations/dashboard.ts'
import { deadLetterRoutes } from './operations/dead-letters.ts'
import { loginPage } from './operations/login-page.ts'
import { sandboxSwitches } from './operations/sandbox-switches.ts'
import { watchRoutes } from './operations/watch-routes.ts'
import type { Parts } from './parts.ts'
import { productOperatorRoutes } from './products/operator-routes.ts'
import { productCache } from './products/product-cache.ts'

/** Of the descriptors that the process may open: at 1,024 more than the hundred who may watch. */
const CONNECTIONS_SHARE = 1 / 8

export type OperationsParts = Pick<
  Parts,
  | 'log'
  | 'problemFormat'
  | 'products'
  | 'productCache'
  | 'callPolicies'
  | 'database'
  | 'deadLetters'
  | 'queues'
  | 'orderStatuses'
  | 'telemetry'
> & {
  config: Pick<
    Parts['config'],
    'currency' | 'opsToken' | 'opsTraceUrl' | 'sandboxUrl' | 'trustProxy' | 'authJwtSecret' | 'paymentApiKey'
  >
}

/**
 * The second listener, for those who run the service: how the catalogue comes in, and how the service is watched.
 */
export async function buildOperations(
  parts: OperationsParts,
  about: { health: Health; shutdown: Shutdown; activeRequests: () => number },
): Promise<FastifyInstance> {
  const { config, problemFormat } = parts
  const app = fastify({
    loggerInstance: parts.log,
    genReqId,
    logController: new RequestLogController(),
    ...problemServerOptions(problemFormat),
    // Without networks nobody is believed.
    trustProxy: [...config.trustProxy],
    // A catalogue is as large as it is, and takes as long as it takes.
    requestTimeout: 0,
  })

  // As on the public listener.
  await app.register(connectionLimit, {
    share: CONNECTIONS_SHARE,
    onRefused: () => void parts.telemetry.connectionsRefused.operations++,
  })
  await app.register(pipelining)
  await app.register(requestId)
  await app.register(gracefulShutdown, { shutdown: about.shutdown })
  await app.register(securityHeaders)
  await app.register(problemDetails, problemFormat)
  await app.register(requestLog, { probes: probePaths, traceIdOf: (request) => request.traceId })
  await app.register(strictJson)
  await app.register(validation)
  await app.register(conditionalRequests)

  // Who may act; machines are asked nothing.
  await app.register(operatorAuth, { token: config.opsToken, open: [...probePaths, assetRoute] })
  await app.register(loginPage)
  await app.register(health, { health: about.health })

  // What the process depends on, and how it is watched.
  await app.register(circuitBreakers, { policies: parts.callPolicies })
  await app.register(watchRoutes, { parts, ...about })

  // What an operator sees.
  const { opsToken, opsTraceUrl, sandboxUrl } = config
  await app.register(dashboard, {
    login: opsToken !== undefined,
    sandbox: sandboxUrl !== undefined,
    traceUrl: opsTraceUrl,
  })
  if (sandboxUrl !== undefined) await app.register(sandboxSwitches, { url: sandboxUrl })

  // How products come in.
  await app.register(productCache, { productCache: parts.productCache })
  await app.register(productOperatorRoutes, { currency: config.currency, store: parts.products })

  // What failed for good.
  await app.register(cursor, { secret: cursorSecret(config) })
  await app.register(deadLetterRoutes, { deadLetters: parts.deadLetters })
  return app
}
