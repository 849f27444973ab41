import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { basket, bodyOf, eventually, place, stock } from '../support/shop.ts'
import { openShop, type ShopFront } from './shop-front.ts'

suite('What an order gave back is shown as on sale at once', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  let warehouseStatus = 200
  let paymentStatus = 200
  let look = async () => {}

  before(async () => {
    shop = await openShop(lifetime, {
      payment: { status: () => paymentStatus, meanwhile: () => look() },
      warehouse: { status: () => warehouseStatus, meanwhile: () => look() },
      env: { PRODUCT_CACHE_MS: '60000' },
    })
  })

  const shownOf = async (id: string) =>
    (await bodyOf(await fetch(`${shop.service.api}/products/${id}`))).stock
  const buy = async (id: string, paymentToken = 'pm_card_visa') => {
    await stock(shop.sql, { [id]: 1 })
    const shown: number[] = []
    look = async () => void shown.push(await shownOf(id))
    const answer = await place(
      shop.service.api,
      { ...basket(id), paymentToken },
      { key: id, token: shop.token },
    )
    return { answer, shown }
  }

  test('After a decline', async () => {
    const { answer, shown } = await buy('declined', 'pm_card_visa_chargeDeclined')
    await assertProblem(answer, { slug: 'payment-declined' })
    assert.equal(shown.at(-1), 0)
    assert.equal(await shownOf('declined'), 1)
  })

  test('After it was called off', async () => {
    const { answer } = await buy('called-off')
    assert.equal(await shownOf('called-off'), 0)
    const { id } = await bodyOf(answer)
    assert.equal((await shop.ask('POST', `/orders/${id}/cancel`)).status, 200)
    assert.equal(await shownOf('called-off'), 1)
  })

  test('After the warehouse had none', async (t) => {
    warehouseStatus = 409
    t.after(() => {
      warehouseStatus = 200
    })
    const { answer, shown } = await buy('refused')
    await assertProblem(answer, { slug: 'insufficient-stock' })
    assert.equal(shown.at(-1), 0)
    assert.equal(await shownOf('refused'), 1)
  })

  test('After the decline of a queued charge', async (t) => {
    paymentStatus = 500
    t.after(() => {
      paymentStatus = 200
    })
    const { answer } = await buy('queued', 'pm_card_visa_chargeDeclined')
    assert.equal((await bodyOf(answer)).status, 'payment_pending')
    assert.equal(await shownOf('queued'), 0)
    paymentStatus = 200
    await eventually('the decline', async () => (await shownOf('queued')) === 1)
  })

  test('After a warehouse that was asked later had none', async (t) => {
    warehouseStatus = 500
    t.after(() => {
      warehouseStatus = 200
    })
    const { answer } = await buy('late')
    assert.equal((await bodyOf(answer)).status, 'paid')
    assert.equal(await shownOf('late'), 0)
    warehouseStatus = 409
    await eventually('the cancellation', async () => (await shownOf('late')) === 1)
  })
})
