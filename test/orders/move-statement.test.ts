import assert from 'node:assert/strict'
import { before, beforeEach, suite, test } from 'node:test'
import type { Sql } from 'postgres'
import { cancelled, chargeLater, declined, type Order, paid } from '#src/orders/order.ts'
import { toUuid } from '#src/orders/order-id.ts'
import type { OrderStore } from '#src/orders/store.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { emptyStore, openStore, placement } from './open-store.ts'

const context = { requestId: 'somebody' }
const answer = (status: number) => ({ status, headers: {}, body: `${status}` })

suite('Moving in one statement', () => {
  const lifetime = lifetimeOfSuite()
  let sql: Sql
  let store: OrderStore

  before(async () => {
    ;({ sql, store } = await openStore(lifetime))
  })

  beforeEach(() => emptyStore(sql))

  test('Of two ends of one order in one list one comes true, with all that follows from it and nothing else', async () => {
    const order = await placed(store)
    const ends = [
      { move: paid(order, 'pi_1', 'reserved', new Date()), response: answer(201), context },
      {
        move: declined(order, { declineCode: 'no' }, 'reserved', new Date()),
        response: answer(402),
        context,
      },
    ]
    const outcomes = await Promise.all(ends.map(store.move))
    const [made] = outcomes.flatMap(({ moved }, index) => (moved ? index : []))
    assert.deepEqual(outcomes.map(({ moved }) => moved).toSorted(), [false, true])
    for (const { order: stands, response } of outcomes) {
      assert.equal(stands.status, ['paid', 'payment_failed'][made ?? -1])
      assert.deepEqual(response, answer([201, 402][made ?? -1] ?? 0))
    }
    const queues = (await sql`select name from pgboss.job`).map(({ name }) => name)
    assert.deepEqual(queues, [['send-mail'], ['release-stock']][made ?? -1])
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: [8, 10][made ?? -1] }])
  })

  test('Who lost the lease changes nothing of the order, its key, its stock and its work', async () => {
    const order = await placed(store)
    await sql`update orders set lease_until = now() - interval '1 second'`
    const taken = await store.takeOver(toUuid(order.id))
    const move = declined(order, { declineCode: 'no' }, 'reserved', new Date())
    const outcome = await store.move({ move, response: answer(402), context })
    assert.equal(outcome.moved, false)
    assert.deepEqual(outcome.order, taken?.order)
    assert.equal(outcome.response, null)
    assert.deepEqual([...(await sql`select from pgboss.job`)], [])
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 8 }])
    assert.equal((await sql`select from orders_in_flight`).length, 1)
    const asked = { principal: order.principal, key: order.idempotencyKey, orderId: order.id }
    assert.equal(await store.findResponse(asked), null)
  })

  test('One of an order that is gone harms none of its list', async () => {
    const orders = [await placed(store), await placed(store, 'two')]
    await sql`delete from orders where idempotency_key = 'one'`
    const moves = orders.map((order) => paid(order, 'pi_1', 'reserved', new Date()))
    const [gone, other] = await Promise.allSettled(moves.map((move) => store.move({ move, context })))
    assert.equal(gone?.status, 'rejected')
    assert.ok(other?.status === 'fulfilled' && other.value.order.status === 'paid')
  })

  test('What a client was answered stays, whatever becomes of the order afterwards', async () => {
    const order = await placed(store)
    const move = paid(order, 'pi_1', 'reserved', new Date())
    const { order: bought } = await store.move({ move, response: answer(201), context })
    assert.equal((await store.move({ move: cancelled(bought, new Date()), context })).moved, true)
    const asked = { principal: order.principal, key: order.idempotencyKey, orderId: order.id }
    assert.deepEqual(await store.findResponse(asked), answer(201))
  })

  test("A key that has become another order's is neither answered nor read for this one", async () => {
    const order = await placed(store)
    const pay = () =>
      store.move({ move: paid(order, 'pi_1', 'reserved', new Date()), response: answer(201), context })
    await sql`update idempotency_keys set order_id = gen_random_uuid()`
    assert.equal((await pay()).moved, true)
    assert.deepEqual(
      [...(await sql`select response_status from idempotency_keys`)],
      [{ response_status: null }],
    )
    await sql`update idempotency_keys set response_status = 402, response_headers = '{}', response_body = ''`
    const { moved, response } = await pay()
    assert.deepEqual([moved, response], [false, null])
  })

  test('What was changed or charged since it was read is not called off, and what brings nothing back brings none', async () => {
    const order = await placed(store)
    const later = chargeLater(order, { sent: false, againInSeconds: 60 }, 'reserved', new Date())
    const { order: queued } = await store.move({ move: later, context })
    assert.equal((await store.find(order.id))?.payment.token, 'pm_card_visa', 'it is still to be charged')

    const noted = { ...queued, note: 'Ring twice', revision: queued.revision + 1 }
    const current = await store.changeDetails(noted)
    assert.ok(current !== null)
    assert.equal((await store.move({ move: cancelled(queued, new Date()), context })).moved, false)
    await store.chargeIsSent(toUuid(order.id))
    const refused = await store.move({ move: cancelled(current, new Date()), context })
    assert.deepEqual([refused.moved, refused.order.payment.sent], [false, true])
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 8 }])

    // The one brings something back and the other nothing, of the same product.
    const other = await placed(store, 'two')
    await Promise.all([
      store.move({ move: cancelled(refused.order, new Date()), context }),
      store.move({ move: paid(other, 'pi_2', 'reserved', new Date()), context }),
    ])
    assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 8 }])
    const [{ payment_token, charge_sent } = {}] = await sql`select * from orders where status = 'cancelled'`
    assert.deepEqual(
      [payment_token, charge_sent],
      ['pm_card_visa', true],
      'whether it was charged is to be asked',
    )
  })
})

async function placed(store: OrderStore, key = 'one'): Promise<Order> {
  const result = await store.place(placement(key))
  assert.ok(result.outcome === 'placed')
  return result.order
}
