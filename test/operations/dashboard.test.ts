import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type Sandbox, startSandbox } from '../../sandbox/server.ts'
import { openBrowser } from '../support/browser.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'
import { openDashboard, says, textOf } from './dashboard-page.ts'

const declined = { ...basket('desk'), paymentToken: 'pm_card_visa_chargeDeclined' }

describe('The dashboard', needs('chromium-headless-shell'), () => {
  const lifetime = lifetimeOfSuite()
  let browser: Browser
  let sandbox: Sandbox
  let service: ServiceProcess
  let token: string
  /** Requests that were sent to the API. */
  let sent = 0

  before(async () => {
    const databaseUrl = await createDatabase(lifetime)
    await stock(connect(lifetime, databaseUrl), { desk: 1000 })
    token = await tokenOf('ann')
    sandbox = await startSandbox({
      port: 0,
      smtpPort: 0,
      seed: 1,
      shop: () => ({ api: service.api, token }),
    })
    lifetime.after(() => sandbox.close())
    const { url, smtpUrl } = sandbox
    const parts = { databaseUrl, paymentUrl: url, inventoryUrl: url, smtpUrl }
    ;[service, browser] = await Promise.all([
      startService(lifetime, parts, { SANDBOX_URL: url }),
      openBrowser(lifetime),
    ])
  })

  const order = async (body: object) => {
    sent++
    return (await place(service.api, body, { key: `key-${sent}`, token })).status
  }

  test('the figures are those of the traffic that was sent', async () => {
    for (let reads = 0; reads < 12; reads++) {
      await fetch(`${service.api}/products/${reads % 4 === 0 ? 'none' : 'desk'}`)
      sent++
    }
    for (const body of [basket('desk'), basket('desk'), declined, basket('desk')]) await order(body)
    const { page, complaints, origins } = await openDashboard(browser, service.operations)
    await says(page, '#throughput-note', `${sent} requests last hour`)
    assert.equal(await textOf(page, '#error-rate'), '0 %')
    assert.equal(await textOf(page, '#error-rate-note'), `0 of ${sent} last hour`)
    assert.equal(await textOf(page, '[data-circuit="payment"] [data-count="successes"]'), '4')
    // The last one that was placed; orders may have been counted a second before.
    await says(page, '#orders tr', /^paid\s*3$/)
    assert.deepEqual(
      (await page.locator('#orders tr').allInnerTexts()).map((row) => row.trim().split(/\s*\t\s*/)),
      [
        ['pending', '0'],
        ['paid', '3'],
        ['payment pending', '0'],
        ['payment failed', '1'],
        ['cancelled', '0'],
      ],
    )
    const { responseTimeMs } = await bodyOf(await fetch(`${service.operations}/stats`))
    const [figure, unit] = (await textOf(page, '#p99')).split(' ')
    const shown = Number(figure) * (unit === 's' ? 1000 : 1)
    assert.ok(Math.abs(shown - responseTimeMs.p99) <= 0.05 * shown, `${figure} ${unit}`)
    // A busy machine may be late with a check, which is then made again.
    await says(page, '[data-check="database"] .state', 'up')
    await eventually('the title', async () => (await page.title()) === 'Healthy · Holdfast operations')
    assert.deepEqual(complaints, [])
    assert.deepEqual([...origins], [service.operations])
    await page.context().close()
  })

  test('they change without a reload, and nothing moves when they do', async () => {
    const { page } = await openDashboard(browser, service.operations)
    await says(page, '#throughput-note', `${sent} requests last hour`)
    await page.evaluate(`
      loadedOnce = true
      shiftedBy = 0
      new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) shiftedBy += value
      }).observe({ type: 'layout-shift', buffered: true })
    `)
    assert.equal(await order(basket('desk')), 201)
    await says(page, '#throughput-note', `${sent} requests last hour`)
    const [loadedOnce, shiftedBy] = await page.evaluate<[unknown, number]>(
      '[globalThis.loadedOnce, shiftedBy]',
    )
    assert.equal(loadedOnce, true)
    assert.ok(shiftedBy < 0.1, `moved by ${shiftedBy}`)
    await page.context().close()
  })

  for (const [width, colorScheme] of [
    [320, 'light'],
    [390, 'dark'],
  ] as const) {
    test(`on a phone of ${width} pixels, ${colorScheme}, nothing is wider than the screen, and charts are drawn`, async () => {
      const viewport = { width, height: 844 }
      const { page, complaints } = await openDashboard(browser, service.operations, { viewport, colorScheme })
      await page.getByText('The last hour as a table').click()
      await page.locator('#minutes tr').first().waitFor()
      // A minute's figures at their widest.
      await page.evaluate(
        "for (const figure of document.querySelectorAll('.readout b')) figure.textContent = '888\\u00a0ms'",
      )
      const scrollWidth = await page.evaluate('document.documentElement.scrollWidth')
      const charts = await page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) =>
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((channel) => channel > 0))`)
      assert.equal(scrollWidth, width)
      assert.deepEqual(charts, [true, true, true])
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  test('a fault that is switched on opens the circuit, and its strip tells when', async () => {
    const { page, complaints } = await openDashboard(browser, service.operations)
    const payment = page.locator('[data-name="payment"]')
    await payment.locator('select').selectOption('error')
    await payment.getByLabel('% of calls').fill('100')
    await payment.getByRole('button').click()
    await says(page, '#faults-outcome', 'payment now answers an error, 100 % of calls.')
    await page.getByRole('button', { name: 'Place 20 orders' }).click()
    await says(page, '#faults-outcome', '20 orders on their way.')
    await says(page, '[data-circuit="payment"] .state', /^open$/)
    await says(page, '#verdict', 'Degraded')
    await says(page, '#reasons', 'payment circuit open')
    // More than one where it has opened again by now.
    await page.locator('[data-circuit="payment"] rect.open').first().waitFor({ state: 'attached' })
    await eventually('charges to be queued', async () =>
      /[1-9]/.test(await textOf(page, '[data-queue="charge-order"]')),
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
