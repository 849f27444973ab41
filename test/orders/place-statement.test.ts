import assert from 'node:assert/strict'
import { before, beforeEach, suite, test } from 'node:test'
import type { Sql } from 'postgres'
import { cancelled, paid } from '#src/orders/order.ts'
import { newOrderId, toUuid } from '#src/orders/order-id.ts'
import type { OrderStore } from '#src/orders/store.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { emptyStore, openStore, placement } from './open-store.ts'

const context = { requestId: 'somebody' }

suite('Placing in one statement', () => {
  const lifetime = lifetimeOfSuite()
  let sql: Sql
  let store: OrderStore

  before(async () => {
    ;({ sql, store } = await openStore(lifetime))
  })

  beforeEach(() => emptyStore(sql))

  test('The first order makes the user that the token tells of, and no later one changes them', async () => {
    const [first, later] = ['Ada', 'Somebody else'].map((name) => ({
      ...placement(name),
      principal: { id: 'ada', name, email: `${name[0]}@shop.test` },
    }))
    assert.ok(first !== undefined && later !== undefined)
    await store.place(first)
    await store.place(later)
    assert.deepEqual(
      [...(await sql`select id, name, email, revision::int from users`)],
      [{ id: 'ada', name: 'Ada', email: 'A@shop.test', revision: 1 }],
    )
  })

  test('Sent again because the reply was lost, a request finds its order placed, unless another has taken that over', async () => {
    const request = placement('one')
    const placed = await store.place(request)
    assert.ok(placed.outcome === 'placed')
    assert.deepEqual(await store.place(request), placed)
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 8 }])

    await sql`update orders set lease_until = now() - interval '1 second'`
    await store.takeOver(toUuid(placed.order.id))
    assert.equal((await store.place(request)).outcome, 'in-flight')
  })

  test('A key past its time whose order is still in flight leads to that order, and to no second one', async () => {
    const placed = await store.place(placement('one'))
    assert.ok(placed.outcome === 'placed')
    await sql`update idempotency_keys set expires_at = now() - interval '1 second'`
    const again = await store.place(placement('one'))
    assert.ok(again.outcome === 'in-flight', again.outcome)
    assert.equal(again.orderId, placed.order.id)
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 8 }])
  })

  test('A key past its time is forgotten whole, and remembered anew', async () => {
    const placed = await store.place(placement('one'))
    assert.ok(placed.outcome === 'placed')
    const response = { status: 201, headers: {}, body: 'the first' }
    await store.move({ move: paid(placed.order, 'pi_1', 'reserved', new Date()), response, context })
    await sql`update idempotency_keys set expires_at = now() - interval '1 second'`

    const other = { ...placement('one'), fingerprint: Buffer.alloc(32, 1) }
    const format = { version: 1, mediaType: 'text/plain', requestId: 'another' }
    assert.equal((await store.place({ ...other, format })).outcome, 'placed')
    const [key] = await sql`
      select order_id, request, response_status, response_body, response_headers,
        round(extract(epoch from expires_at - now()))::int as seconds from idempotency_keys`
    const nothing = { response_status: null, response_body: null, response_headers: null }
    assert.deepEqual(key, { order_id: toUuid(other.orderId), request: format, ...nothing, seconds: 60 })
    assert.equal((await store.place({ ...other, orderId: newOrderId() })).outcome, 'in-flight')
    assert.equal((await store.place(placement('one'))).outcome, 'reused')
  })

  test('Who uses a key in one list with somebody that is refused is not refused for it', async () => {
    const request = { items: [{ productId: 'desk', quantity: 11 }], paymentToken: 'pm_card_visa' }
    const tooMany = { ...placement('one'), request, fingerprint: Buffer.alloc(32, 1) }
    const results = await Promise.all([tooMany, placement('one')].map(store.place))
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['insufficient-stock', 'placed'],
    )
  })

  test('One that cannot be written harms none of its list', async () => {
    const bad = placement('bad')
    bad.request.paymentToken = 'x'.repeat(256)
    const [refused, placed] = await Promise.allSettled([bad, placement('good')].map(store.place))
    assert.equal(refused?.status, 'rejected')
    assert.ok(placed?.status === 'fulfilled' && placed.value.outcome === 'placed')
    assert.deepEqual([...(await sql`select key from idempotency_keys`)], [{ key: 'good' }])
  })

  test('Where not all of a list can be had, who came first has it, to the last piece, and nobody a part', async () => {
    const wanted = [6, 7, 4, 1]
    const results = await Promise.all(
      wanted.map((quantity) => {
        const request = { items: [{ productId: 'desk', quantity }], paymentToken: 'pm_card_visa' }
        return store.place({ ...placement(`${quantity}`), request })
      }),
    )
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['placed', 'insufficient-stock', 'placed', 'insufficient-stock'],
    )
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 0 }])
  })

  test('Of what is not there and what is not enough, the former is told', async () => {
    const items = ['desk', 'nothing'].map((productId) => ({ productId, quantity: 11 }))
    const result = await store.place({
      ...placement('one'),
      request: { items, paymentToken: 'pm_card_visa' },
    })
    assert.deepEqual(result, { outcome: 'unknown-product', productIds: ['nothing'] })
  })

  test('A lease has no more left than any has, however far ahead a clock was that gave it', async () => {
    await store.place(placement('one'))
    const left = async () => {
      const result = await store.place(placement('one'))
      assert.ok(result.outcome === 'in-flight', result.outcome)
      return result.leaseSecondsLeft
    }
    const seconds = await left()
    assert.ok(seconds > 10 && seconds < 15, `${seconds}`)
    await sql`update orders set lease_until = now() + interval '1 minute'`
    assert.equal(await left(), 15)
  })

  test('Whatever changes the stock of a product makes a new revision of it', async () => {
    await sql`update products set updated_at = 'epoch'`
    const revision = async () => {
      const [row] = await sql`select revision::int, updated_at > 'epoch' as later from products`
      await sql`update products set updated_at = 'epoch'`
      return row?.later ? row.revision : 'without a time'
    }
    const first = await store.place(placement('first'))
    assert.ok(first.outcome === 'placed')
    assert.equal(await revision(), 2)

    // Not all of a list can have what they want, so each is looked at by itself.
    const request = { items: [{ productId: 'desk', quantity: 9 }], paymentToken: 'pm_card_visa' }
    await Promise.all([store.place({ ...placement('short'), request }), store.place(placement('second'))])
    assert.equal(await revision(), 3)

    const bought = await store.move({ move: paid(first.order, 'pi_1', 'reserved', new Date()), context })
    await store.move({ move: cancelled(bought.order, new Date()), context })
    assert.equal(await revision(), 4)
  })
})
