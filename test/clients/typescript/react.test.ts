import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openShop, type ShopFront } from '../../orders/shop-front.ts'
import { openBrowser } from '../../support/browser.ts'
import { lifetimeOfSuite } from '../../support/lifetime.ts'
import type { Lifetime } from '../../support/postgres.ts'
import { needs } from '../../support/programs.ts'
import { eventually } from '../../support/shop.ts'
import { startFaultyProxy } from '../faulty-proxy.ts'

const PROJECT = new URL('../../../', import.meta.url)

/** React comes as CommonJS: what a bundler does, in a few lines. */
const MODULES = {
  react: 'react/cjs/react.production.js',
  scheduler: 'scheduler/cjs/scheduler.production.js',
  'react-dom': 'react-dom/cjs/react-dom.production.js',
  'react-dom/client': 'react-dom/cjs/react-dom-client.production.js',
}

async function bundle(): Promise<string> {
  const defined = Object.entries(MODULES).map(async ([name, path]) => {
    const code = await readFile(new URL(`node_modules/${path}`, PROJECT), 'utf8')
    return `define('${name}', (module, exports, require) => {${code}\n})`
  })
  return `const process = { env: { NODE_ENV: 'production' } }
    const made = new Map(), makers = new Map(), define = (name, make) => makers.set(name, make)
    const require = (name) => {
      if (!made.has(name)) {
        const module = { exports: {} }
        made.set(name, module)
        makers.get(name)(module, module.exports, require)
      }
      return made.get(name).exports
    }
    ${(await Promise.all(defined)).join('\n')}
    export const { createElement, useState, useEffect } = require('react')
    export const { createRoot } = require('react-dom/client')`
}

/** What somebody writes who uses the hook. */
const app = (settings: object) => `
  import { createElement, createRoot, useState } from 'react'
  import { createClient, keysInStorage } from '/clients/typescript/src/client.ts'
  import { useOrder } from '/clients/typescript/src/react.ts'
  const client = createClient({ ...${JSON.stringify(settings)}, version: 2, keys: keysInStorage(localStorage) })
  const basket = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa' }
  function Order({ id }) {
    const { order, error } = useOrder(client, id)
    return createElement('output', {}, error ? error.slug : order ? order.status : 'loading')
  }
  function App() {
    const [id, setId] = useState(new URLSearchParams(location.search).get('id'))
    return createElement('main', {},
      createElement('button', { onClick: () => client.orders.place(basket).then(({ id }) => setId(id)) }, 'Order'),
      createElement('button', { onClick: () => setId(null) }, 'Leave'),
      id && createElement(Order, { id }))
  }
  createRoot(document.getElementById('root')).render(createElement(App))`

const page = `<!doctype html><title>React</title><link rel="icon" href="data:,">
  <script type="importmap">{ "imports": { "react": "/react.js" } }</script>
  <div id="root"></div><script type="module" src="/app.js"></script>`

async function serve(lifetime: Lifetime, settings: () => object): Promise<string> {
  const react = await bundle()
  const server = createServer(async ({ url = '/' }, response) => {
    const path = url.split('?')[0] ?? ''
    const source = path.startsWith('/clients/') ? await readFile(new URL(`.${path}`, PROJECT), 'utf8') : ''
    const script =
      path === '/react.js' ? react : path === '/app.js' ? app(settings()) : stripTypeScriptTypes(source)
    response.setHeader('content-type', path === '/' ? 'text/html' : 'text/javascript')
    response.end(path === '/' ? page : script)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

describe('The React hook, in a browser', needs('chromium-headless-shell'), () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  let browser: Browser
  let url: string
  let api: string
  let paymentFails = false

  before(async () => {
    url = await serve(lifetime, () => ({ baseUrl: api, token: shop.token }))
    const payment = { status: () => (paymentFails ? 500 : 200) }
    shop = await openShop(lifetime, { payment, env: { CORS_ORIGINS: url } })
    browser = await openBrowser(lifetime)
  })

  test('Follows an order until it is paid, and lets go of it when it leaves', async (t) => {
    const proxy = await startFaultyProxy(t, shop.service.api)
    api = proxy.url
    const tab = await browser.newPage()
    t.after(() => tab.close())
    paymentFails = true
    await tab.goto(url)
    await tab.getByRole('button', { name: 'Order' }).click()
    await tab.getByText('payment_pending').waitFor()
    const looks = proxy.seen.length
    proxy.judgeBy(() => 'hold')
    await eventually('it to look again', () => proxy.seen.length > looks)
    const ended = tab.waitForEvent('requestfailed')
    await tab.getByRole('button', { name: 'Leave' }).click()
    assert.equal((await ended).failure()?.errorText, 'net::ERR_ABORTED')
    proxy.judgeBy(() => undefined)

    const list = await shop.ask('GET', '/orders', { headers: { accept: 'application/json; version=2' } })
    const [{ id }] = JSON.parse(await list.text()).items
    await tab.goto(`${url}/?id=${id}`)
    await tab.getByText('payment_pending').waitFor()
    paymentFails = false
    await eventually('the charge', async () => {
      // Each try that failed meanwhile has doubled the wait for the next one, which is not what is looked at here.
      await shop.sql`
        update pgboss.job set start_after = now() where name = 'charge-order' and state = 'retry'`
      return (await shop.sql`select from orders where status = 'paid'`).length > 0
    })
    await tab.getByText('paid', { exact: true }).waitFor()
    assert.ok(proxy.seen.some(({ status }) => status === 304))
  })

  test('Shows what went wrong', async (t) => {
    api = shop.service.api
    const tab = await browser.newPage()
    t.after(() => tab.close())
    await tab.goto(`${url}/?id=ord_none`)
    await tab.getByText('not-found').waitFor()
  })

  test('Keys in localStorage: loaded anew in the midst of an order, it is the same order', async (t) => {
    const proxy = await startFaultyProxy(t, shop.service.api)
    api = proxy.url
    const tab = await browser.newPage()
    t.after(() => tab.close())
    await tab.goto(url)
    const placed = () => proxy.seen.filter(({ method }) => method === 'POST')
    proxy.judgeBy(({ method }) => (method === 'POST' ? 'lose-response' : undefined))
    await tab.getByRole('button', { name: 'Order' }).dblclick()
    await eventually('the order to be on its way', () => placed().length > 0)
    await tab.reload()
    proxy.judgeBy(() => undefined)
    await tab.getByRole('button', { name: 'Order' }).click()
    await tab.getByText('paid', { exact: true }).waitFor()
    assert.equal(new Set(placed().map(({ headers }) => headers['idempotency-key'])).size, 1)
  })
})
