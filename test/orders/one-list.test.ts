import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cancelled, paid } from '#src/orders/order.ts'
import type { OrderStore } from '#src/orders/store.ts'
import { openStore, placement } from './open-store.ts'

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

async function paidOrder(store: OrderStore, key: string) {
  const placed = await store.place(placement(key))
  assert.ok(placed.outcome === 'placed')
  const move = paid(placed.order, 'pi_1', 'reserved', new Date())
  return (await store.move({ move, context: { requestId: 'somebody' } })).order
}
