import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyServerOptions } from 'fastify'
import { operatorAuth } from '#plugins/operator-auth.ts'
import { problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { strictJson } from '#plugins/strict-json.ts'
import type { Config } from './config.ts'
import { loginPage } from './operations/login-page.ts'
import { problems } from './problems.ts'
import { productOperatorRoutes } from './products/operator-routes.ts'
import { type ProductCache, productCache } from './products/product-cache.ts'
import type { ProductStore } from './products/store.ts'

export interface OperationsOptions {
  config: Pick<Config, 'currency' | 'opsToken'>
  /**
   * Origin that problem types begin with; the pages they lead to are the public listener's. Read for every
   * problem, so a getter may give one that is known only once that listens.
   */
  readonly publicUrl: string
  /** Shared with the public listener, so that what is written here is read there at once. */
  productCache: ProductCache
  productStore: ProductStore
  /** `/livez`, `/readyz` and `/health`, as on the public listener. */
  probes?: FastifyPluginAsync
  /** Adds to the listener itself, before everything else, what both listeners do with every request. */
  shared?: (app: FastifyInstance) => Promise<void>
  /** Logger and request ids, as on the public listener. */
  server?: FastifyServerOptions
}

/** What is answered without asking who it is. */
const PROBES = ['/livez', '/readyz', '/health']

/**
 * The second listener, for those who run the service: how the catalogue comes in, and how the service is watched.
 * A whole request may take as long as it likes here, for a catalogue is as large as it is.
 */
export async function buildOperations(options: OperationsOptions): Promise<FastifyInstance> {
  const { config, server, shared, probes } = options
  const format = {
    catalogue: problems,
    probes: PROBES,
    get publicUrl() {
      return options.publicUrl
    },
  }
  const app = fastify({ ...server, ...problemServerOptions(format), requestTimeout: 0 })

  await shared?.(app)
  await app.register(problemDetails, format)
  await app.register(strictJson)
  await app.register(operatorAuth, { token: config.opsToken, open: PROBES })
  await app.register(loginPage)
  if (probes !== undefined) await app.register(probes)

  await app.register(productCache, { productCache: options.productCache })
  await app.register(productOperatorRoutes, { currency: config.currency, store: options.productStore })
  return app
}
