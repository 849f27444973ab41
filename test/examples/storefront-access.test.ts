import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Seen } from '../clients/faulty-proxy.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { needs } from '../support/programs.ts'
import { COME_BACK_LATER, type OpenStorefront, openStorefront } from './open-storefront.ts'

describe('The storefront, however somebody uses it', needs('chromium-headless-shell'), () => {
  const lifetime = lifetimeOfSuite()
  let shop: OpenStorefront

  before(async () => {
    shop = await openStorefront(lifetime)
  })

  test('Everything can be done by keyboard, and the focus is never lost', async (t) => {
    const { page, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).focus()
    await page.keyboard.press('Enter')
    for (let tabs = 0; tabs < 60 && (await focused(page)) !== 'How many of The desk'; tabs++) {
      await page.keyboard.press('Tab')
    }
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    await page
      .locator('#orders li')
      .getByText(/2 × The desk/)
      .waitFor()
    assert.match(await focused(page), /^ord_/)
    await assertOrders(1)
  })

  test('Calling off by keyboard, whatever comes of it, the focus is not lost', async (t) => {
    const { page, proxy } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).press('Enter')
    await page.getByRole('button', { name: 'Place the order' }).press('Enter')
    const order = page.locator('#orders li')
    const cancel = order.getByRole('button', { name: 'Cancel' })
    const isCancel = ({ method, path }: Seen) => method === 'POST' && path.endsWith('/cancel')
    proxy.judgeBy((request) => (isCancel(request) ? COME_BACK_LATER : undefined))
    await cancel.press('Enter')
    await order.getByRole('alert').waitFor()
    assert.equal(await focused(page), 'Cancel')

    const { promise: isTime, resolve: goOn } = Promise.withResolvers<void>()
    proxy.judgeBy((request) => (isCancel(request) ? { after: isTime } : undefined))
    await page.keyboard.press('Enter')
    assert.equal(await cancel.isEnabled(), false)
    assert.equal(await focused(page), 'Cancel')
    await page.keyboard.press('Enter')
    goOn()
    await order.getByText('cancelled').waitFor()
    assert.match(await focused(page), /^ord_/)
    assert.equal(proxy.seen.filter(isCancel).length, 2)
  })

  test('A question that is answered by keyboard leads to what comes next', async (t) => {
    const { page, proxy } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The typewriter to the basket' }).press('Enter')
    await page.getByLabel('How many of The typewriter').fill('5')
    await page.getByRole('button', { name: 'Place the order' }).press('Enter')
    await page.getByRole('button', { name: 'Take what there is' }).press('Enter')
    assert.equal(await focused(page), 'place')

    proxy.judgeBy(({ method }) => (method === 'POST' ? COME_BACK_LATER : undefined))
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Ask again' }).press('Enter')
    assert.equal(await focused(page), 'place')
    await page.getByRole('button', { name: 'Forget it' }).press('Enter')
    assert.equal(await focused(page), 'place')

    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Forget it' }).waitFor()
    await page.getByRole('button', { name: 'Take The typewriter out' }).press('Enter')
    await page.getByRole('button', { name: 'Forget it' }).press('Enter')
    assert.equal(await focused(page), 'counter')
  })

  test('On a phone nothing sticks out, and the basket is one tap away', async (t) => {
    const { page, assertClean } = await shop.enter(t, { width: 360, height: 740 })
    await page.getByRole('button', { name: 'Add The chair-0 to the basket' }).click()
    await page.getByRole('link', { name: 'Basket · 1 · $10.00' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    const width = await page.evaluate('document.documentElement.scrollWidth')
    assert.equal(width, 360)
    assertClean()
  })
  test('With letters twice as large, and on the narrowest screen, nothing sticks out either', async (t) => {
    const { page } = await shop.enter(t, { width: 640, height: 450 })
    await page.getByRole('button', { name: 'Add The typewriter to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Add The typewriter to the basket' }).click()
    await page.evaluate('document.documentElement.style.fontSize = "200%"')
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 640)
    await page.evaluate('document.documentElement.style.fontSize = ""')
    await page.setViewportSize({ width: 320, height: 700 })
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 320)
  })

  test('In the colours that somebody forces, the version in use is still told from the other', async (t) => {
    const { page } = await shop.enter(t)
    await page.emulateMedia({ forcedColors: 'active' })
    const label = page.locator('.versions label').first()
    const other = await label.screenshot()
    await label.click()
    await page.getByText('15 things, read in version 1').waitFor()
    assert.equal(other.equals(await label.screenshot()), false)
  })
})

/** What has the focus, by its id, or else by its name. */
const focused = (page: Page) =>
  page.evaluate<string>(`(() => {
    const { id, tagName, ariaLabel, textContent } = document.activeElement
    return id || (tagName === 'BODY' ? 'nothing' : ariaLabel || textContent)
  })()`)
