import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { cancelled, paid } from '#src/orders/order.ts'
import { newOrderId } from '#src/orders/order-id.ts'
import type { Placement } from '#src/orders/placement.ts'
import { createOrderStore, type OrderStore } from '#src/orders/store.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, stock } from '../support/shop.ts'

test('Two moves of one order that go in one list move it once, and bring its stock back once', async (t) => {
  const { sql, store } = await openStore(t)
  const [first, second] = [await paidOrder(store, 'first'), await paidOrder(store, 'second')]
  const cancel = (order: typeof first) =>
    store.move({ move: cancelled(order, new Date()), context: { requestId: 'somebody' } })
  // The first is sent at once, alone; the other two wait for it and go together.
  await Promise.all([cancel(first), cancel(second), cancel(second)])

  assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 10 }])
  assert.deepEqual([...(await sql`select distinct status from orders`)], [{ status: 'cancelled' }])
})

test('An ended lease goes to the first who asks with the same body, whoever else uses the key before', async (t) => {
  const { sql, store } = await openStore(t)
  assert.equal((await store.place(placement('one'))).outcome, 'placed')
  await sql`update orders set lease_until = now() - interval '1 second'`

  const other = { ...placement('one'), fingerprint: Buffer.alloc(32, 1) }
  const results = await Promise.all([other, placement('one'), placement('one')].map(store.place))
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['reused', 'resumed', 'in-flight'],
  )
})

async function openStore(t: TestContext) {
  const url = await createDatabase(t)
  const sql = connect(t, url)
  const pool = createPool({ url, poolSize: 2 })
  t.after(() => pool.close())
  const store = createOrderStore(pool, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })
  await stock(sql, { desk: 10 })
  return { sql, store }
}

const placement = (key: string): Placement => ({
  orderId: newOrderId(),
  principal: { id: 'somebody', name: null, email: null },
  key,
  fingerprint: Buffer.alloc(32),
  format: { version: 2, mediaType: 'application/json', requestId: 'somebody' },
  request: { items: [{ productId: 'desk', quantity: 2 }], paymentToken: 'pm_card_visa' },
})

async function paidOrder(store: OrderStore, key: string) {
  const placed = await store.place(placement(key))
  assert.ok(placed.outcome === 'placed')
  const move = paid(placed.order, 'pi_1', 'reserved', new Date())
  return (await store.move({ move, context: { requestId: 'somebody' } })).order
}
