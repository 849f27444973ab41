import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { startSandbox } from '../../sandbox/server.ts'
import { startStorefront } from '../../sandbox/storefront.ts'
import { startFaultyProxy } from '../clients/faulty-proxy.ts'
import { ledgerOf } from '../sandbox/ledger-of.ts'
import { openBrowser } from '../support/browser.ts'
import { createDatabase, type Lifetime } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { connect, stock, tokenOf } from '../support/shop.ts'

/** What something in front of the service may say: the client does not wait that long, and nobody knows what became of it. */
export const COME_BACK_LATER = {
  status: 503,
  headers: {
    // So that the page may see it at all.
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'retry-after',
    'retry-after': '3600',
  },
}

export type OpenStorefront = Awaited<ReturnType<typeof openStorefront>>

/** The shop as `npm start` opens it, with a network between page and service that can be made to fail, and a Chromium. */
export async function openStorefront(lifetime: Lifetime) {
  const databaseUrl = await createDatabase(lifetime)
  const sql = connect(lifetime, databaseUrl)
  // More than a page of the list, and more than a screen of a phone.
  const chairs = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`chair-${index}`, 10]))
  await stock(sql, { desk: 1_000, lamp: 1_000, typewriter: 2, ...chairs })
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1, shop: () => undefined })
  lifetime.after(() => sandbox.close())
  let shop: { api: string; token: string } | undefined
  const storefront = await startStorefront({ port: 0, shop: () => shop })
  lifetime.after(() => storefront.close())
  const service = await startService(
    lifetime,
    { databaseUrl, paymentUrl: sandbox.url, inventoryUrl: sandbox.url, smtpUrl: sandbox.smtpUrl },
    {
      CORS_ORIGINS: storefront.origins.join(','),
      API_V1_DEPRECATION: '2026-01-31',
      API_V1_SUNSET: '2099-07-31',
    },
  )
  const browser: Browser = await openBrowser(lifetime)

  return {
    service,

    /** What goes wrong at a dependency from now on. */
    async fault(dependency: 'payment' | 'inventory', mode: 'none' | 'error'): Promise<void> {
      const init = { method: 'PUT', body: JSON.stringify({ mode, rate: 1 }) }
      assert.equal((await fetch(`${sandbox.url}/faults/${dependency}`, init)).status, 200)
    },

    /** Somebody who was never here before comes in, over a network of their own. */
    async enter(t: TestContext, viewport = { width: 1_280, height: 900 }) {
      const customer = t.name.replaceAll(/\W+/g, '-').slice(0, 60)
      const proxy = await startFaultyProxy(t, service.api)
      const token = await tokenOf(customer)
      shop = { api: proxy.url, token }
      const context = await browser.newContext({ viewport })
      t.after(() => context.close())
      const page = await context.newPage()
      const wrong = watch(page, [storefront.url, proxy.url])
      await page.goto(storefront.url)
      await page.getByText('15 things, read in version').waitFor()
      return {
        page,
        context,
        proxy,
        /** What no page may do: throw, complain, or ask anybody else. */
        assertClean: () => assert.deepEqual(wrong, []),
        /** How many orders the customer has, and that each was charged once, or declined and never charged. */
        async assertOrders(paid: number, { declined = 0 } = {}): Promise<void> {
          const list = await fetch(`${service.api}/orders`, {
            headers: { authorization: `Bearer ${token}`, accept: 'application/json; version=2' },
          })
          const orders: { id: string; status: string }[] = JSON.parse(await list.text()).items
          const { charges } = await ledgerOf(sandbox.url)
          const tried = orders.map(({ id, status }) => {
            const own = charges.filter(({ orderId }) => orderId === id)
            return `${status}: ${own.map((charge) => charge.status)}`
          })
          assert.deepEqual(tried.sort(), [
            ...Array.from({ length: paid }, () => 'paid: succeeded'),
            ...Array.from({ length: declined }, () => 'payment_failed: failed'),
          ])
        },
      }
    },
  }
}

/** Collects what should not be. That a request was lost or refused, Chromium itself says in its console. */
function watch(page: Page, hosts: string[]): string[] {
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(`thrown: ${error.message}`))
  page.on('console', (message) => {
    const isNetwork = message.text().startsWith('Failed to load resource')
    if (['error', 'warning'].includes(message.type()) && !isNetwork) wrong.push(`said: ${message.text()}`)
  })
  page.on('request', (request) => {
    if (!hosts.includes(new URL(request.url()).origin)) wrong.push(`asked ${request.url()}`)
  })
  return wrong
}
