import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { openBrowser } from '../support/browser.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import type { Lifetime } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { operations } from './document.ts'

describe('The reader at /docs, in a browser', needs('chromium-headless-shell'), () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  let browser: Browser
  before(async () => {
    shop = await openShop(lifetime)
    browser = await openBrowser(lifetime)
  })

  /** Opens the reader, and hears of all that goes wrong in it and all that it asks for. */
  async function open(t: Lifetime, hash = '') {
    const context = await browser.newContext({ viewport: { width: 1280, height: 1200 } })
    t.after(() => context.close())
    const page = await context.newPage()
    const wrong: string[] = []
    const asked: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) wrong.push(message.text())
    })
    page.on('pageerror', (error) => wrong.push(String(error)))
    page.on('request', (request) => asked.push(request.url()))
    page.on('response', (response) => {
      if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`)
    })
    // As text: it is the browser's, where there are other globals than here.
    await page.addInitScript(`addEventListener('securitypolicyviolation',
      ({ violatedDirective, blockedURI }) => console.error(violatedDirective, blockedURI))`)
    await page.goto(`${shop.service.api}/docs${hash}`)
    await page.locator('.opblock').first().waitFor()
    return { page, wrong, asked }
  }

  test('shows every operation and every kind of thing, asking nobody but this service', async (t) => {
    const { page, wrong, asked } = await open(t)
    assert.equal(await page.locator('.opblock').count(), operations.length)
    assert.match(await page.locator('.info').innerText(), /Holdfast/)
    assert.deepEqual(wrong, [])
    const paths = asked
      .map((url) => url.replace(shop.service.api, ''))
      .filter((url) => !url.startsWith('data:'))
    assert.deepEqual(paths.sort(), [
      '/docs',
      '/docs/start.js',
      '/docs/swagger-ui-bundle.js',
      '/docs/swagger-ui.css',
      '/openapi.json',
    ])
  })

  test('shows both versions, and sends what is tried out in the one that is chosen', async (t) => {
    const { page, wrong } = await open(t, '#/Products/getProduct')
    const block = page.locator('#operations-Products-getProduct')
    const types = block.locator('.responses-table tr[data-code="200"] select.content-type')
    const offered = await types.locator('option').allInnerTexts()
    assert.deepEqual(offered, [
      'application/vnd.holdfast.product+json; version=1',
      'application/vnd.holdfast.product+json; version=2',
      'application/json',
    ])
    await types.selectOption('application/vnd.holdfast.product+json; version=2')
    await block.getByRole('button', { name: 'Try it out' }).click()
    await block.locator('tr[data-param-name="id"] input').fill('desk')
    await block.getByRole('button', { name: 'Execute' }).click()
    const live = block.locator('.live-responses-table')
    await live.waitFor()
    const shown = await live.innerText()
    assert.match(shown, /api-version: 2/)
    assert.match(shown, /"availability"/)
    assert.deepEqual(wrong, [])
  })

  test('is dark where the reader of it likes that', async (t) => {
    const { page, wrong } = await open(t)
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    const light = await ground()
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.locator('html.dark-mode').waitFor()
    assert.notEqual(await ground(), light)
    assert.deepEqual(wrong, [])
  })
})
