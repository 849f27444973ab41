import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Seen } from '../clients/faulty-proxy.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { needs } from '../support/programs.ts'
import { eventually } from '../support/shop.ts'
import { type OpenStorefront, openStorefront } from './open-storefront.ts'

describe('The storefront, in a browser', needs('chromium-headless-shell'), () => {
  const lifetime = lifetimeOfSuite()
  let shop: OpenStorefront

  before(async () => {
    shop = await openStorefront(lifetime)
  })

  test('Somebody looks around, orders two things, and is told that they are paid', async (t) => {
    const { page, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByRole('button', { name: 'Add The lamp to the basket' }).click()
    await page.getByLabel('How many of The lamp').fill('3')
    await page.locator('#total', { hasText: '$40.00' }).waitFor()
    await page.getByRole('button', { name: 'Place the order' }).click()
    const order = page.locator('#orders li')
    await order.getByText('paid', { exact: true }).waitFor()
    assert.match(await order.innerText(), /1 × The desk, 3 × The lamp[\s\S]*\$40\.00/)
    await page.getByText('Nothing in it yet.').waitFor()
    await page.getByText('999 in stock').waitFor()
    await assertOrders(1)
    assertClean()
  })

  test('An order whose payment has to wait becomes paid before their eyes', async (t) => {
    await shop.fault('payment', 'error')
    const { page, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    const order = page.locator('#orders li')
    await order.getByText('payment follows').waitFor()
    await shop.fault('payment', 'none')
    await order.getByText('paid', { exact: true }).waitFor()
    await assertOrders(1)
    assertClean()
  })

  test('A declined card and a short stock are said in words, with what to do about it', async (t) => {
    const { page, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The typewriter to the basket' }).click()
    await page.getByLabel('Pay with').selectOption('a card that is declined')
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByText('The card was declined. Nothing was charged').waitFor()
    await page.locator('#orders li').getByText('not paid').waitFor()

    await page.getByLabel('Pay with').selectOption('a card that is good')
    await page.getByLabel('How many of The typewriter').fill('5')
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByText('There are only 2 of The typewriter, and you asked for 5.').waitFor()
    await page.getByRole('button', { name: 'Take what there is' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li').getByText('2 × The typewriter').first().waitFor()
    await page.getByText('sold out').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Add The typewriter' }).isDisabled(), true)
    await assertOrders(1, { declined: 1 })
    assertClean()
  })

  test('Cancelled is cancelled, and the money is seen to come back', async (t) => {
    const { page, assertClean } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    const order = page.locator('#orders li')
    await order.getByRole('button', { name: 'Cancel' }).click()
    await order.getByText('cancelled').waitFor()
    await order.getByText('money returned').waitFor()
    assert.equal(await order.getByRole('button').count(), 0)
    assertClean()
  })

  test('Both versions show one shop: what each of them knows, and the same orders', async (t) => {
    const { page, proxy, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li').getByText('paid', { exact: true }).waitFor()

    await page.getByRole('radio', { name: 'version 1' }).check()
    await page.getByText('15 things, read in version 1').waitFor()
    await page
      .getByText('Version 1 of the interface is on its way out, and is gone from July 31, 2099.')
      .waitFor()
    assert.equal(await page.locator('#good-desk .price').innerText(), '10.00')
    await page.locator('#orders li').getByText('An order').waitFor()
    await page.getByRole('button', { name: 'Add The lamp to the basket' }).click()
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByText('In version 1 an order is one product.').waitFor()
    await page.getByRole('button', { name: 'Place the order' }).click({ force: true })
    await page.getByRole('button', { name: 'Take The desk out' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li:nth-child(2)').waitFor()

    await page.getByRole('radio', { name: 'version 2' }).check()
    await page.locator('#orders li').getByText('1 × The lamp').waitFor()
    assert.equal(await page.getByText('on its way out').isVisible(), false)
    const posted = proxy.seen.filter(({ method }) => method === 'POST')
    assert.deepEqual(
      posted.map(({ headers }) => headers.accept),
      [2, 1].map((version) => `application/vnd.holdfast.order+json; version=${version}`),
    )
    await assertOrders(2)
    assertClean()
  })

  test('An order that was just placed stays when the list of those before it comes late', async (t) => {
    const { page, proxy, assertClean, assertOrders } = await shop.enter(t)
    const orders = page.locator('#orders li')
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await orders.getByText('paid', { exact: true }).waitFor()
    const { promise: isTime, resolve: goOn } = Promise.withResolvers<void>()
    const isList = ({ path }: Seen) => path.startsWith('/orders?')
    proxy.judgeBy((request) => (isList(request) ? { answerAfter: isTime } : undefined))
    await page.reload()
    await eventually('the list to be on its way', () => proxy.seen.filter(isList).length > 1)
    await page.getByRole('button', { name: 'Add The lamp to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).press('Enter')
    await orders.getByText('1 × The lamp').waitFor()
    goOn()
    await orders.getByText('1 × The desk').waitFor()
    assert.match(await orders.first().innerText(), /1 × The lamp/)
    assert.equal(await page.getByText('Your order was placed.').isVisible(), true)
    assert.equal(await page.locator(':focus').getAttribute('id'), await orders.first().getAttribute('id'))
    await assertOrders(2)
    assertClean()
  })

  test('Until another version is read, the page says so, and not that it was read', async (t) => {
    const { page, context, proxy, assertClean } = await shop.enter(t)
    const { promise: isTime, resolve: goOn } = Promise.withResolvers<void>()
    proxy.judgeBy(() => ({ after: isTime }))
    await page.getByRole('radio', { name: 'version 1' }).check()
    await page.getByText('Reading them in version 1…').waitFor()
    await page.getByText('Reading the catalogue in version 1…').waitFor()
    goOn()
    await page.getByText('15 things, read in version 1').waitFor()
    await page.getByText('None yet.').waitFor()
    await context.setOffline(true)
    await page.getByRole('radio', { name: 'version 2' }).check()
    await page.getByText('Reading the catalogue in version 2…').waitFor()
    await context.setOffline(false)
    await page.getByText('15 things, read in version 2').waitFor()
    assertClean()
  })

  test('Without room to write an order down it is not sent, the page says so, and the next press counts', async (t) => {
    const { page, proxy, assertClean, assertOrders } = await shop.enter(t)
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.evaluate(`for (let size = 2 ** 23, count = 0; size >= 1; ) {
      try { localStorage.setItem('filling' + count, 'x'.repeat(size)); count++ } catch { size /= 2 }
    }`)
    await page.getByRole('button', { name: 'Add The lamp to the basket' }).click()
    await page.locator('#total', { hasText: '$20.00' }).waitFor()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByText('Nothing was ordered').waitFor()
    await page.evaluate(`for (const name of Object.keys(localStorage)) {
      if (name.startsWith('filling')) localStorage.removeItem(name)
    }`)
    assert.equal(proxy.seen.filter(({ method }) => method === 'POST').length, 0)
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.locator('#orders li').getByText('1 × The desk, 1 × The lamp').waitFor()
    assert.equal(await page.getByText('Nothing was ordered').count(), 0)
    await assertOrders(1)
    assertClean()
  })

  test('Where the browser keeps nothing, one may look around, and is told why nothing is ordered', async (t) => {
    const { page, proxy, assertClean } = await shop.enter(t)
    await page.addInitScript(`Object.defineProperty(window, 'localStorage', {
      get() { throw new DOMException('Access is denied for this document.', 'SecurityError') },
    })`)
    await page.reload()
    await page.getByRole('button', { name: 'Add The desk to the basket' }).click()
    await page.getByRole('button', { name: 'Place the order' }).click()
    await page.getByText('Nothing was ordered').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Place the order' }).isEnabled(), true)
    assert.equal(proxy.seen.filter(({ method }) => method === 'POST').length, 0)
    assertClean()
  })
})
