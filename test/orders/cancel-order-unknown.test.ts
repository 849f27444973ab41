import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { cancelled } from '#src/orders/order.ts'
import { toUuid } from '#src/orders/order-id.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { basket, bodyOf, eventually } from '../support/shop.ts'
import { assertReturned, openShop } from './shop-front.ts'

const API_ONLY = { ROLE: 'api' }

suite('A cancellation of what nobody knows the end of', { concurrency: 1 }, () => {
  test('A charge whose answers were all lost is asked for by its key, and given back once', async (t) => {
    let losing = true
    const shop = await openShop(t, {
      payment: { meanwhile: async () => (losing ? 'drop' : undefined) },
      env: API_ONLY,
    })
    const { id, status } = await shop.order()
    assert.equal(status, 'payment_pending')
    assert.equal(shop.payment.taken(id), 1, 'the money was taken')
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.deepEqual([body.status, body.payment.status], ['cancelled', 'refund_pending'])
    losing = false
    await shop.startAnother({})
    await assertReturned(shop, id, 'refunded', 1)
    assert.equal(shop.payment.charges.size, 1, 'one key, whoever asked')
  })

  test('A charge that is accepted and cannot be asked for is asked for again, and given back once', async (t) => {
    let processing = true
    const shop = await openShop(t, { payment: { processing: () => processing }, env: API_ONLY })
    const { id, status } = await shop.order()
    assert.equal(status, 'payment_pending')
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.deepEqual([body.status, body.payment.status], ['cancelled', 'refund_pending'])
    processing = false
    await shop.startAnother({})
    await assertReturned(shop, id, 'refunded', 1)
  })

  test('One that turns out to have been declined is voided, and nothing is given back', async (t) => {
    let losing = true
    const shop = await openShop(t, {
      payment: { meanwhile: async () => (losing ? 'drop' : undefined) },
      env: API_ONLY,
    })
    const { id } = await shop.order({ ...basket('desk'), paymentToken: 'pm_card_visa_chargeDeclined' })
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.equal(body.payment.status, 'refund_pending')
    losing = false
    await shop.startAnother({})
    await assertReturned(shop, id, 'voided', 0)
  })

  test('The process is killed between the cancellation and the refund, which is made once all the same', async (t) => {
    const shop = await openShop(t, { env: API_ONLY })
    const { id } = await shop.order()
    assert.equal((await shop.ask('POST', `/orders/${id}/cancel`)).status, 200)
    await shop.service.kill()
    assert.equal(shop.payment.taken(id), 1, 'not yet given back')

    const survivors = await Promise.all([shop.startAnother({}), shop.startAnother({ ROLE: 'worker' })])
    await eventually('the refund', () => shop.payment.taken(id) === 0)
    const again = await shop.ask('POST', `/orders/${id}/cancel`, { api: survivors[0].api })
    assert.equal(again.status, 200)
    await eventually('it to be written down', async () => {
      const [order] = await shop.sql`select payment_status from orders`
      return order?.payment_status === 'refunded'
    })
    assert.equal(shop.payment.charges.get(`order:${id}:charge`)?.refunds, 1)
    assert.deepEqual([...(await shop.sql`select stock from products where id = 'desk'`)], [{ stock: 1_000 }])
  })

  test('A charge that is sent after the order was read, and before it is called off, is not forgotten', async (t) => {
    const shop = await openShop(t, { payment: { status: () => 429 }, env: API_ONLY })
    const { id } = await shop.order()
    const pool = createPool({ url: shop.databaseUrl, poolSize: 2 })
    t.after(() => pool.close())
    const store = createOrderStore(pool, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })

    const before = await store.find(id)
    assert.ok(before !== null && !before.payment.sent)
    assert.ok((await store.chargeIsSent(toUuid(id))) !== null)
    const outcome = await store.move({
      move: cancelled(before, new Date()),
      context: { requestId: 'cancel' },
    })
    assert.equal(outcome.moved, false)
    assert.equal(outcome.order.status, 'payment_pending')
    assert.ok(outcome.order.payment.sent)

    const second = await store.move({
      move: cancelled(outcome.order, new Date()),
      context: { requestId: 'cancel' },
    })
    assert.equal(second.moved, true)
    assert.equal(second.order.payment.status, 'refund_pending')
  })
})
