import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import type { Bench } from './bench.ts'
import { PEOPLE, PRODUCTS, personIdOf, productIdOf } from './database.ts'
import { requestText, UNIQUE } from './load.ts'
import { type ServerProcess, startServer } from './server-process.ts'

/** Of both the service and its peers. */
export const SECRET = 'a-secret-that-only-the-bench-ever-uses'

/** `npm run serve` starts with it, too. */
const COMPILE_CACHE = fileURLToPath(new URL('../src/compile-cache.js', import.meta.url))

export const ORDER_TYPE = 'application/vnd.holdfast.order+json; version=2'
export const PRODUCT_TYPE = 'application/vnd.holdfast.product+json; version=2'

export const startDependencies = (bench: Bench, env: Record<string, string> = {}) =>
  startServer(bench, 'bench/peers/dependencies.ts', env)

/**
 * The service as in production, all of it on. Its background work (mail above all) belongs to a worker, which is
 * not started: what follows from an order is enqueued and left there, as pgbench leaves it.
 */
export function startService(
  bench: Bench,
  databaseUrl: string,
  dependencies: string,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const profile = bench.profileDirectory
  return startServer(
    bench,
    'src/main.ts',
    {
      ROLE: 'api',
      OPS_PORT: '0',
      LOG_LEVEL: 'info',
      DATABASE_URL: databaseUrl,
      AUTH_JWT_SECRET: SECRET,
      PAYMENT_URL: dependencies,
      PAYMENT_API_KEY: 'sk_test_bench',
      INVENTORY_URL: dependencies,
      SMTP_URL: 'smtp://127.0.0.1:9',
      EMAIL_FROM: 'orders@shop.test',
      RATE_LIMIT_MAX: '1000000000',
      DRAIN_SECONDS: '0',
      ...env,
    },
    [
      '--import',
      COMPILE_CACHE,
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    ],
  )
}

export function tokenOf(person: number): Promise<string> {
  const id = personIdOf(person)
  return new SignJWT({ name: `Person ${person}`, email: `${id}@shop.test` })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(id)
    .setExpirationTime('6h')
    .sign(new TextEncoder().encode(SECRET))
}

const tokens = (): Promise<string[]> =>
  Promise.all(Array.from({ length: PEOPLE }, (_, person) => tokenOf(person)))

/** Orders of one product each, by everybody in turn. @param products how many of the products are bought */
export async function orderRequests(url: string, products: number): Promise<string[]> {
  const everybody = await tokens()
  return Array.from({ length: PRODUCTS }, (_, index) => {
    const text = JSON.stringify({
      items: [{ productId: productIdOf(index % products), quantity: 1 }],
      paymentToken: 'pm_card_visa',
    })
    const headers = {
      authorization: `Bearer ${everybody[index % everybody.length]}`,
      'content-type': ORDER_TYPE,
      accept: ORDER_TYPE,
      'idempotency-key': `"${UNIQUE}"`,
    }
    return requestText(url, '/orders', headers, { method: 'POST', text })
  })
}
