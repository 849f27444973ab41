import type { FastifyBaseLogger } from 'fastify'
import { createDatabase } from '#plugins/database.ts'
import { probePaths } from '#plugins/health.ts'
import type { Config } from './config.ts'
import { callFigures } from './dependencies/call-figures.ts'
import { createEmail } from './dependencies/email.ts'
import { createInventory } from './dependencies/inventory.ts'
import { createPayment } from './dependencies/payment.ts'
import { httpUrl } from './http-url.ts'
import { createDeadLetterAlerts } from './jobs/dead-letter-alerts.ts'
import { createDeadLetterStore } from './jobs/dead-letter-store.ts'
import { createQueueStore } from './jobs/queue-store.ts'
import { createOrders } from './orders/orders.ts'
import { createStatusStore } from './orders/status-store.ts'
import { type OrderVersions, orderVersions } from './orders/versions.ts'
import { problems } from './problems.ts'
import { createProductCache } from './products/product-cache.ts'
import { createProductStore } from './products/store.ts'
import { type ProductVersion, productVersions } from './products/versions.ts'
import { createTelemetry } from './telemetry.ts'
import { createUserStore } from './users/store.ts'

export type Parts = ReturnType<typeof createParts>

/** The forms in which orders and products are read and written. */
export interface Versions {
  orders: OrderVersions
  products: readonly ProductVersion[]
}

const ofThisRelease: Versions = { orders: orderVersions, products: productVersions }

/**
 * What the two listeners and the worker share: one pool, one circuit breaker a dependency, one cache. Nothing
 * connects yet, so a process starts whatever is away.
 */
export function createParts(config: Config, log: FastifyBaseLogger, versions: Versions = ofThisRelease) {
  const database = createDatabase({
    url: config.databaseUrl,
    poolSize: config.databasePoolSize,
    prepare: config.databasePrepare,
    log,
  })
  const problemFormat = {
    catalogue: problems,
    probes: probePaths,
    publicUrl: config.publicUrl ?? httpUrl(config.host, config.port),
  }
  const products = createProductStore(database, config.currency)
  const productCache = createProductCache({
    store: products,
    answers: database.answers,
    freshMs: config.productCacheMs,
    versions: versions.products,
  })
  const users = createUserStore(database)
  const figures = callFigures(config)
  const payment = createPayment({
    url: config.paymentUrl,
    apiKey: config.paymentApiKey,
    policy: figures.payment,
  })
  const inventory = createInventory({ url: config.inventoryUrl, policy: figures.inventory })
  const telemetry = createTelemetry()
  const email = createEmail({ url: config.smtpUrl, from: config.emailFrom, policy: figures.email })
  const deadLetters = createDeadLetterStore(database)
  const callPolicies = [payment.policy, inventory.policy, email.policy]
  const endCalls = () => {
    for (const policy of callPolicies) policy.close()
  }

  return {
    config,
    log,
    database,
    problemFormat,
    products,
    productCache,
    users,
    payment,
    inventory,
    email,
    callPolicies,
    deadLetters,
    deadLetterAlerts: createDeadLetterAlerts({
      store: deadLetters,
      log,
      onDeadLetter: ({ queue }) => void telemetry.dead.set(queue, (telemetry.dead.get(queue) ?? 0) + 1),
    }),
    queues: createQueueStore(database),
    orderStatuses: createStatusStore(database),
    telemetry,
    orders: createOrders({
      database,
      currency: config.currency,
      leaseSeconds: config.orderLeaseSeconds,
      idempotencyTtlSeconds: config.idempotencyTtlSeconds,
      payment,
      inventory,
      email,
      problems: problemFormat,
      stockChanged: productCache.invalidate,
      versions: versions.orders,
      events: {
        outcome: (outcome) => void telemetry.orders[outcome]++,
        key: (result) => void telemetry.keys[result]++,
      },
    }),

    /** Without a PUBLIC_URL, problem types begin with the address that is really listened on. */
    listensAt(address: string) {
      if (config.publicUrl === undefined) problemFormat.publicUrl = address
    },

    /** Ends the calls under way, and makes no more: an order that is being placed is charged by a job. */
    endCalls,

    async closeDependencies() {
      endCalls()
      await Promise.all([payment.close(), inventory.close(), email.close()])
    },
  }
}
