import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type ProblemSlug, problems } from '#src/problems.ts'
import { JSON_PATCH, MERGE_PATCH, openShop, patching, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem, type ExpectedProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import type { ServiceProcess } from '../support/service.ts'
import { basket, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'
import { listenInProcess } from './in-process.ts'

const PUBLIC_URL = 'https://api.example.com'
const NOWHERE = {
  PUBLIC_URL,
  DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
  INVENTORY_URL: 'http://127.0.0.1:9',
}
/** Whoever spends this much waits for an answer. */
const UNANSWERED = 50_000

suite('Every problem of the catalogue is met on the wire', { concurrency: true }, () => {
  const lifetime = lifetimeOfSuite()
  const release = Promise.withResolvers<void>()
  let shop: ShopFront
  /** A request each, and version 1 is gone. */
  let strict: ServiceProcess

  before(async () => {
    shop = await openShop(lifetime, {
      env: { PUBLIC_URL },
      payment: {
        meanwhile: async ({ amount }) => amount >= UNANSWERED && (await release.promise),
      },
    })
    await stock(shop.sql, { rug: 1 })
    strict = await shop.startAnother({
      PUBLIC_URL,
      RATE_LIMIT_MAX: '1',
      API_V1_DEPRECATION: '2020-01-01',
      API_V1_SUNSET: '2021-01-01',
    })
    lifetime.after(async () => release.resolve())
  })

  const order = (key: string, body: object, headers: Record<string, string> = {}) =>
    place(shop.service.api, { ...basket('desk'), ...body }, { key, token: shop.token, headers })
  const patch = async (
    body: unknown,
    type: string,
    headers: Record<string, string> = patching('*', type),
  ) => {
    const { id } = await shop.order()
    return await shop.ask('PATCH', `/orders/${id}`, { headers, body })
  }
  /** The one answer to bytes, on a connection that is closed after it. */
  const raw = async (bytes: string, api = shop.service.api) => {
    const [answer, ...others] = parseAnswers(await sendRaw(Number(new URL(api).port), bytes, 10_000))
    assert.deepEqual(others, [])
    assert.ok(answer)
    return answer
  }

  /** One that is being charged, for as long as the payment service is made to think. */
  const inFlight = async (key: string, quantity: number) => {
    const token = await tokenOf(key)
    const body = basket('desk', quantity)
    place(shop.service.api, body, { key, token }).catch(() => {})
    const id = await eventually('the charge', () => {
      const charges = [...shop.payment.charges.values()]
      return charges.find(({ amount }) => amount === 1_000 * quantity)?.orderId
    })
    return { id, token, again: () => place(shop.service.api, body, { key, token }) }
  }

  const drives: Record<ProblemSlug, () => Promise<Response>> = {
    'validation-failed': () => order('validation', { items: [] }),
    'malformed-request': () => raw('GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'),
    'idempotency-key-missing': () =>
      shop.ask('POST', '/orders', { headers: { 'content-type': 'application/json' }, body: {} }),
    'idempotency-key-invalid': () => order('invalid', {}, { 'idempotency-key': '""' }),
    unauthorized: () => fetch(`${shop.service.api}/orders`),
    'payment-declined': () => order('declined', { paymentToken: 'pm_card_visa_chargeDeclined' }),
    forbidden: () =>
      shop.ask('POST', '/orders', {
        headers: { accept: '*/*', 'content-type': 'application/json', 'idempotency-key': 'forbidden' },
        body: { productId: 'desk', quantity: 1, paymentToken: 'pm_card_visa', userId: 'somebody-else' },
      }),
    'not-found': () => fetch(`${shop.service.api}/nothing`),
    'method-not-allowed': () => fetch(`${shop.service.api}/orders`, { method: 'DELETE' }),
    'not-acceptable': () => fetch(`${shop.service.api}/products`, { headers: { accept: 'image/png' } }),
    'request-timeout': async () => {
      const impatient = await listenInProcess(lifetime, {
        env: NOWHERE,
        adjust: ({ server }) => {
          server.requestTimeout = 100
          server.headersTimeout = 100
        },
      })
      return await raw('GET /livez HTTP/1.1\r\nHost:', impatient)
    },
    'insufficient-stock': () => order('insufficient', { items: [{ productId: 'rug', quantity: 2 }] }),
    'idempotency-in-progress': async () => (await inFlight('in-progress', 60)).again(),
    'order-not-cancellable': async () => {
      const { orderId } = Object(
        await (await order('failed', { paymentToken: 'pm_card_visa_chargeDeclined' })).json(),
      )
      return await shop.ask('POST', `/orders/${orderId}/cancel`)
    },
    'order-in-progress': async () => {
      const { id, token } = await inFlight('charged', 70)
      return await shop.ask('POST', `/orders/${id}/cancel`, { token })
    },
    'order-closed': async () => {
      const { id } = await shop.order()
      await shop.ask('POST', `/orders/${id}/cancel`)
      return await shop.ask('PATCH', `/orders/${id}`, { headers: patching('*'), body: { note: 'late' } })
    },
    'patch-test-failed': () => patch([{ op: 'test', path: '/note', value: 'other' }], JSON_PATCH),
    'version-sunset': async () => shop.ask('GET', '/orders', { api: strict.api, headers: { accept: '*/*' } }),
    'precondition-failed': () => patch({}, '', patching('"stale"')),
    'payload-too-large': () => order('large', { note: 'x'.repeat(256 * 1024) }),
    'uri-too-long': () => fetch(`${shop.service.api}/products?cursor=${'x'.repeat(5_000)}`),
    'unsupported-media-type': () => order('type', {}, { 'content-type': 'text/plain' }),
    'idempotency-key-reused': async () => {
      await order('reused', {})
      return await order('reused', { note: 'another' })
    },
    'patch-rejected': () => patch([{ op: 'replace', path: '/status', value: 'paid' }], JSON_PATCH),
    'precondition-required': () => patch({}, '', { 'content-type': MERGE_PATCH }),
    'rate-limited': async () => {
      await fetch(`${strict.api}/products`)
      return await fetch(`${strict.api}/products`)
    },
    'header-fields-too-large': () =>
      raw(`GET /livez HTTP/1.1\r\nHost: shop\r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`),
    'internal-error': async () => {
      const databaseUrl = await createDatabase(lifetime)
      const sql = connect(lifetime, databaseUrl)
      await sql`alter table products rename to goods`
      await sql`create view products as select * from goods where 1 / 0 = 1`
      const broken = await listenInProcess(lifetime, { env: { ...NOWHERE, DATABASE_URL: databaseUrl } })
      return await fetch(`${broken}/products/desk`)
    },
    'service-unavailable': async () => fetch(`${await listenInProcess(lifetime, { env: NOWHERE })}/products`),
    overloaded: async () => {
      const busy = await shop.startAnother()
      // Stopped, it is as late as a process can be; the measurement that tells it comes once a second.
      return await eventually('a late event loop', async () => {
        busy.process.kill('SIGSTOP')
        // Asked meanwhile, it is awake for hardly longer than it answers: every moment in time waters its lateness down.
        const asked = fetch(`${busy.api}/products`)
        await pause(1_500)
        busy.process.kill('SIGCONT')
        const answer = await asked
        return answer.status === 503 && answer
      })
    },
  }

  const details: Partial<Record<ProblemSlug, Omit<ExpectedProblem, 'slug'>>> = {
    'idempotency-key-missing': { headers: { link: /rel="describedby"/ } },
    'idempotency-key-invalid': { headers: { link: /rel="describedby"/ } },
    unauthorized: { headers: { 'www-authenticate': /^Bearer/ } },
    'method-not-allowed': { headers: { allow: /GET.*POST/ } },
    // What is left of a lease of 15 seconds after a wait of two, and some for a slow machine.
    'idempotency-in-progress': { headers: { 'retry-after': /^1[0-3]$/ } },
    'order-in-progress': { headers: { 'retry-after': /^\d+$/ } },
    'precondition-failed': { headers: { etag: /^".+"$/ } },
    'unsupported-media-type': { headers: { 'accept-post': /version=2/ } },
    'rate-limited': { headers: { 'retry-after': /^\d+$/ } },
    'service-unavailable': { headers: { 'retry-after': /^\d+$/ } },
    overloaded: { headers: { 'retry-after': /^\d+$/ } },
  }

  for (const slug of Object.keys(problems).filter(isSlug)) {
    test(slug, async () => {
      const drive = drives[slug]
      assert.ok(drive, `nothing drives ${slug}`)
      await assertProblem(await drive(), { slug, publicUrl: PUBLIC_URL, ...details[slug] })
    })
  }
})

function isSlug(slug: string): slug is ProblemSlug {
  return Object.hasOwn(problems, slug)
}
