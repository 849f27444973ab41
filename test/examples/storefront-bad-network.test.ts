import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { FaultyProxy, Seen } from '../clients/faulty-proxy.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { needs } from '../support/programs.ts'
import { eventually } from '../support/shop.ts'
import { COME_BACK_LATER, type OpenStorefront, openStorefront } from './open-storefront.ts'

const isOrder = ({ method, path }: Seen) => method === 'POST' && path === '/orders'
const ordersSeen = ({ seen }: FaultyProxy) => seen.filter(isOrder)
const keysSeen = (proxy: FaultyProxy) =>
  new Set(ordersSeen(proxy).map(({ headers }) => headers['idempotency-key']))

describe('The storefront, on a bad network, orders once', needs('chromium-headless-shell'), () => {
  const lifetime = lifetimeOfSuite()
  let shop: OpenStorefront

  before(async () => {
    shop = await openStorefront(lifetime)
  })

  test('when answers are dropped after the order was placed', async (t) => {
    const { page, proxy, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    proxy.judgeBy((request) =>
      isOrder(request) && ordersSeen(proxy).length <= 2 ? 'lose-response' : undefined,
    )
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    await page.getByText('replayed: the same order').waitFor()
    assert.ok(ordersSeen(proxy).length >= 3)
    assert.equal(keysSeen(proxy).size, 1)
    await assertOrders(1)
    assertClean()
  })

  test('when the button is pressed again and again while nothing comes back', async (t) => {
    const { page, proxy, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    const { promise: pressed, resolve: goOn } = Promise.withResolvers<void>()
    proxy.judgeBy((request) => (isOrder(request) ? { after: pressed } : undefined))
    const button = page.locator('#place')
    // Forced: it is seen not to be enabled, and the impatient press it all the same.
    for (let times = 0; times < 3; times++) await button.dblclick({ force: true })
    await button.press('Enter')
    goOn()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    assert.equal(ordersSeen(proxy).length, 1)
    await assertOrders(1)
    assertClean()
  })

  test('when the page is loaded anew while the answer is under way', async (t) => {
    const { page, proxy, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    proxy.judgeBy((request) => (isOrder(request) ? 'lose-response' : undefined))
    await page.getByRole('button', { name: 'Place the order' }).click()
    await eventually('the order to be on its way', () => ordersSeen(proxy).length > 0)
    await page.reload()
    proxy.judgeBy(() => undefined)
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    await page.getByText('Nothing in it yet.').waitFor()
    assert.equal(keysSeen(proxy).size, 1)
    await assertOrders(1)
    assertClean()
  })

  test('when the network goes away in the midst of it and comes back', async (t) => {
    const { page, context, proxy, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    proxy.judgeBy((request) => (isOrder(request) ? 'hold' : undefined))
    await page.getByRole('button', { name: 'Place the order' }).click()
    await eventually('the order to be on its way', () => ordersSeen(proxy).length > 0)
    proxy.judgeBy((request) => (isOrder(request) ? 'lose-response' : undefined))
    await context.setOffline(true)
    proxy.cut()
    await page.getByText('no answer').first().waitFor()
    await context.setOffline(false)
    await eventually('an answer to be lost', () => ordersSeen(proxy).length > 1)
    proxy.judgeBy(() => undefined)
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    assert.equal(keysSeen(proxy).size, 1)
    await assertOrders(1)
    assertClean()
  })

  test('when two tabs are open, and one of them is closed with its order under way', async (t) => {
    const { page, context, proxy, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    proxy.judgeBy((request) => (isOrder(request) ? 'lose-response' : undefined))
    await page.getByRole('button', { name: 'Place the order' }).click()
    await eventually('the order to be on its way', () => ordersSeen(proxy).length > 0)
    const other = await context.newPage()
    await other.goto(page.url())
    await page.close()
    proxy.judgeBy(() => undefined)
    await other.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    assert.equal(keysSeen(proxy).size, 1)
    await assertOrders(1)
  })

  test('when the tab that placed it is closed, and another one was open all the time', async (t) => {
    const { page, context, proxy, assertOrders } = await shop.enter(t)
    const other = await context.newPage()
    await other.goto(page.url())
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    proxy.judgeBy((request) => (isOrder(request) ? 'lose-response' : undefined))
    await page.getByRole('button', { name: 'Place the order' }).click()
    await eventually('the order to be on its way', () => ordersSeen(proxy).length > 0)
    await other.getByRole('button', { name: 'Placing the order…' }).waitFor()
    await page.close()
    proxy.judgeBy(() => undefined)
    await other.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    await other.getByText('Nothing in it yet.').waitFor()
    await other.getByRole('button', { name: 'Add The lamp to the basket' }).click()
    await other.getByRole('button', { name: 'Place the order' }).click()
    await other.locator('#orders li').getByText('1 × The lamp').waitFor()
    assert.equal(keysSeen(proxy).size, 2)
    await assertOrders(2)
  })

  test('when two tabs hear of it, and what was added meanwhile is still to be ordered', async (t) => {
    const { page, context, proxy, assertOrders } = await shop.enter(t)
    const first = Promise.withResolvers<void>()
    const others = Promise.withResolvers<void>()
    proxy.judgeBy((request) =>
      isOrder(request) ? { after: (ordersSeen(proxy).length === 1 ? first : others).promise } : undefined,
    )
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await eventually('the order to be on its way', () => ordersSeen(proxy).length > 0)
    const other = await context.newPage()
    await other.goto(page.url())
    await other.getByRole('button', { name: 'Placing the order…' }).waitFor()
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await other.locator('#basket-count', { hasText: '2' }).waitFor()
    first.resolve()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    others.resolve()
    await other.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    for (const tab of [page, other]) {
      await tab.getByRole('button', { name: 'Place the order' }).waitFor()
      assert.equal(await tab.getByLabel('How many of The desk').inputValue(), '1')
    }
    assert.equal(keysSeen(proxy).size, 1)
    await assertOrders(1)
  })

  test('when one tab gave up, and another hears of it', async (t) => {
    const { page, context, proxy, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    proxy.judgeBy((request) => (isOrder(request) ? COME_BACK_LATER : undefined))
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByRole('button', { name: 'Ask again' }).waitFor()
    proxy.judgeBy(() => undefined)
    const other = await context.newPage()
    await other.goto(page.url())
    await other.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    await page.getByText('Nothing in it yet.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Ask again' }).count(), 0)
    assert.equal(keysSeen(proxy).size, 1)
    await assertOrders(1)
  })

  test('when another tab is at it for a moment longer, and the press is not lost without a word', async (t) => {
    const { page, context, proxy, assertOrders } = await shop.enter(t)
    const other = await context.newPage()
    await other.goto(page.url())
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await other.evaluate(`new Promise((isHeld) => void navigator.locks.request('storefront:under-way', () => {
      isHeld()
      return new Promise((resolve) => { globalThis.leave = resolve })
    }))`)
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByRole('button', { name: 'Placing the order…' }).waitFor()
    await other.evaluate('leave()')
    await page.getByText('Another tab was ordering at this moment.').waitFor()
    assert.equal(ordersSeen(proxy).length, 0)
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    await assertOrders(1)
  })

  test('when nobody knows what became of it, until it is asked again', async (t) => {
    const { page, proxy, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    let lost = 0
    // The order is placed, and then something in front says to come back in an hour.
    proxy.judgeBy((request) => {
      if (!isOrder(request)) return undefined
      return lost++ === 0 ? 'lose-response' : COME_BACK_LATER
    })
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByText('Whether your order was placed is not known yet.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Place the order' }).isEnabled(), false)
    proxy.judgeBy(() => undefined)
    await page.getByRole('button', { name: 'Ask again' }).click()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()
    assert.equal(keysSeen(proxy).size, 1)
    await assertOrders(1)
    assertClean()
  })
})
