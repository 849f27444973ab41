import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { basket, bodyOf, eventually, place, tokenOf } from '../support/shop.ts'
import { openShop, patching, type ShopFront } from './shop-front.ts'

suite('POST /orders/{id}/cancel', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  const stockOf = async (id: string) =>
    (await shop.sql`select stock from products where id = ${id}`)[0]?.stock

  test('A paid order is called off: the money goes back once, the stock at once, the warehouse is told', async () => {
    const stock = await stockOf('desk')
    const { id } = await shop.order({ items: [{ productId: 'desk', quantity: 3 }] })
    const path = `/orders/${id}`
    await eventually('the reservation', () => shop.warehouse.reservations.has(id))
    const answer = await shop.ask('POST', `${path}/cancel`)
    const body = await bodyOf(answer)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/vnd.holdfast.order+json; version=2')
    assert.deepEqual(
      [body.status, body.payment.status, '_links' in body],
      ['cancelled', 'refund_pending', true],
    )
    assert.ok(!('cancel' in body._links))
    assert.equal(await stockOf('desk'), stock)

    const refunded = await eventually('the refund', async () => {
      const read = await shop.ask('GET', path)
      const order = await bodyOf(read)
      return order.payment.status === 'refunded' && { order, etag: read.headers.get('etag') }
    })
    await eventually('the release', () => !shop.warehouse.reservations.has(id))
    assert.equal(shop.payment.taken(id), 0)

    const again = await shop.ask('POST', `${path}/cancel`)
    assert.equal(again.status, 200)
    assert.deepEqual(await bodyOf(again), refunded.order)
    assert.equal(again.headers.get('etag'), refunded.etag)
    assert.equal(await stockOf('desk'), stock)
    assert.equal(shop.payment.charges.get(`order:${id}:charge`)?.refunds, 1)
    assert.equal(shop.warehouse.calls.filter((call) => call === `DELETE ${id}`).length, 1)
  })

  test('A body is thrown away unread, whatever it is', async () => {
    for (const [body, type] of [
      ['{}', 'application/json'],
      ['{"half":', 'application/json'],
      ['why', 'text/plain'],
      ['<a/>', 'application/xml'],
    ] as const) {
      const { id } = await shop.order()
      const headers = { 'content-type': type }
      assert.equal((await shop.ask('POST', `/orders/${id}/cancel`, { headers, body })).status, 200)
    }
  })

  test('Version 1 answers in its own shape', async () => {
    const { id } = await shop.order()
    const answer = await shop.ask('POST', `/orders/${id}/cancel`, { headers: { accept: 'application/json' } })
    assert.equal(answer.headers.get('api-version'), '1')
    assert.equal((await bodyOf(answer)).status, 'cancelled')
  })

  test('An If-Match is honoured, until what it is for has happened', async () => {
    const { id, etag } = await shop.order()
    const path = `/orders/${id}/cancel`
    const stale = await shop.ask('POST', path, { headers: { 'if-match': '"stale"' } })
    await assertProblem(stale, { slug: 'precondition-failed', headers: { etag } })
    const first = await shop.ask('POST', path, { headers: { 'if-match': etag } })
    assert.equal(first.status, 200)
    const again = await shop.ask('POST', path, { headers: { 'if-match': etag } })
    assert.equal(again.status, 200)
  })

  test('An order whose payment failed cannot be called off', async () => {
    const stock = await stockOf('desk')
    const body = { ...basket('desk'), paymentToken: 'pm_card_visa_chargeDeclined' }
    const { orderId } = await bodyOf(
      await place(shop.service.api, body, { key: 'declined', token: shop.token }),
    )
    await assertProblem(await shop.ask('POST', `/orders/${orderId}/cancel`), {
      slug: 'order-not-cancellable',
      extensions: { orderStatus: 'payment_failed' },
    })
    assert.equal(await stockOf('desk'), stock)
  })

  test("Somebody else's order is not found, and the path has no other method", async () => {
    const { id } = await shop.order()
    const token = await tokenOf('stranger')
    const path = `/orders/${id}/cancel`
    await assertProblem(await shop.ask('POST', path, { token }), { slug: 'not-found' })
    await assertProblem(await shop.ask('POST', '/orders/ord_none/cancel'), { slug: 'not-found' })
    await assertProblem(await shop.ask('GET', path), {
      slug: 'method-not-allowed',
      headers: { allow: /POST/ },
    })
    await assertProblem(await shop.ask('POST', path, { token: 'none' }), { slug: 'unauthorized' })
  })

  test('An order of nothing is called off without a refund', async () => {
    await shop.sql`insert into products (id, name, price, currency, stock) values ('leaflet', 'Leaflet', 0, 'USD', 5)`
    const { id } = await shop.order({ items: [{ productId: 'leaflet', quantity: 2 }] })
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.deepEqual([body.status, body.payment.status], ['cancelled', 'voided'])
    assert.equal(await stockOf('leaflet'), 5)
    assert.equal(shop.payment.charges.size > 0, true)
    assert.equal(shop.payment.charges.has(`order:${id}:charge`), false)
    const jobs = await shop.sql`select from pgboss.job where name = 'refund-order' and data ->> 'orderId' = (
      select id::text from orders where total = 0)`
    assert.equal(jobs.length, 0)
  })

  test('Cancel and patch at once: cancelled it is, with the note exactly where the patch came first', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, etag } = await shop.order()
      const path = `/orders/${id}`
      const [patched, cancelled] = await Promise.all([
        shop.ask('PATCH', path, { headers: patching('*'), body: { note: 'late' } }),
        shop.ask('POST', `${path}/cancel`),
        shop.ask('PATCH', path, { headers: patching(etag), body: { metadata: { a: 'b' } } }),
      ])
      assert.equal(cancelled.status, 200)
      const order = await bodyOf(await shop.ask('GET', path))
      assert.equal(order.status, 'cancelled')
      if (patched.status !== 200) await assertProblem(patched, { slug: 'order-closed' })
      assert.equal(order.note, patched.status === 200 ? 'late' : undefined)
    }
  })
})
