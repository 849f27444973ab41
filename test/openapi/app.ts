import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'
import pino from 'pino'
import { createShutdown } from '#plugins/graceful-shutdown.ts'
import { buildApp } from '#src/app.ts'
import { readConfig } from '#src/config.ts'
import { createServiceHealth } from '#src/health.ts'
import { createParts } from '#src/parts.ts'
import type { Lifetime } from '../support/postgres.ts'
import { SECRET } from '../support/service.ts'

export const publicUrl = 'https://api.shop.example.com'
export const shopOrigin = 'https://shop.example.com'

/** Nothing that it depends on is there, so it answers what can be answered without. */
export async function buildDocumentedApp(lifetime: Lifetime) {
  const config = readConfig({
    // Port 9 discards: nothing listens there.
    DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
    AUTH_JWT_SECRET: SECRET,
    PAYMENT_API_KEY: 'sk_test_fake',
    INVENTORY_URL: 'http://127.0.0.1:9',
    SMTP_URL: 'smtp://127.0.0.1:9',
    PUBLIC_URL: publicUrl,
    CORS_ORIGINS: shopOrigin,
  })
  const log = pino({ level: 'silent' })
  const parts = createParts(config, log)
  const shutdown = createShutdown({ drainSeconds: 0, shutdownSeconds: 1, log, steps: [], exit: () => {} })
  const { app, routes } = await recordRoutes(() =>
    buildApp(parts, {
      health: createServiceHealth(parts, { shutdown, isOverloaded: () => false }),
      shutdown,
    }),
  )
  lifetime.after(async () => {
    await app.close()
    await parts.closeDependencies()
    await parts.database.close()
  })
  return { app, routes }
}

/** Routes are told to hooks that were there before them, so the hook is added the moment the application is made. */
async function recordRoutes(build: () => Promise<FastifyInstance>) {
  const routes = new Set<string>()
  const listen = (message: unknown) => {
    const made: FastifyInstance = Object(message).fastify
    made.addHook('onRoute', ({ method, url }) => {
      for (const each of [method].flat()) {
        // Every GET has its HEAD, and OPTIONS is how browsers ask for permission.
        if (each !== 'HEAD' && each !== 'OPTIONS') routes.add(`${each} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
      }
    })
  }
  subscribe('fastify.initialization', listen)
  try {
    return { app: await build(), routes }
  } finally {
    unsubscribe('fastify.initialization', listen)
  }
}
