import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import { DatabaseUnavailable } from '#plugins/database/unavailable.ts'
import { createDatabase as createPool } from '#plugins/database.ts'
import { cancelled, type Move, type Order, paid } from '#src/orders/order.ts'
import { newOrderId } from '#src/orders/order-id.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, eventually, stock } from '../support/shop.ts'

suite('A product whose row somebody holds for longer than anybody waits', { concurrency: true }, () => {
  test('Orders of it are refused, and those of other products placed: in one list with them, after, and later', async (t) => {
    const { place, stuckIsWaitedFor, whileStuckIsHeld } = await openStore(t)
    await whileStuckIsHeld(async () => {
      // Those of one turn go together.
      const [first, neighbour] = [watched(place('stuck')), place('desk')]
      await stuckIsWaitedFor()
      await place('lamp')
      assert.ok(!first.isSettled, 'the next list does not wait for the first')
      assert.equal((await neighbour).outcome, 'placed')
      assert.ok(!first.isSettled, 'nor did the neighbour have to be refused')
      await assert.rejects(first.promise, DatabaseUnavailable)

      const [again, other] = [watched(place('stuck')), place('desk')]
      await stuckIsWaitedFor()
      assert.equal((await other).outcome, 'placed')
      assert.ok(!again.isSettled, 'it is known, and goes with its like alone')
      await assert.rejects(again.promise, DatabaseUnavailable)
    })
    assert.equal((await place('stuck')).outcome, 'placed')
  })

  test('Those who waited behind two such lists are served when the first gives up, but for those who want it too', async (t) => {
    const { place, stuckIsWaitedFor, whileStuckIsHeld } = await openStore(t)
    await whileStuckIsHeld(async () => {
      const refused: ReturnType<typeof watched>[] = []
      for (const [lists, other] of ['desk', 'lamp'].entries()) {
        refused.push(watched(place('stuck')))
        void place(other)
        await stuckIsWaitedFor(lists + 1)
      }
      const [third, mug] = [watched(place('stuck')), place('mug')]
      refused.push(third)
      assert.equal((await mug).outcome, 'placed')
      assert.ok(!third.isSettled)
      for (const { promise } of refused) await assert.rejects(promise, DatabaseUnavailable)
    })
  })

  test('Cancellations that bring it back are refused, and what was charged meanwhile is settled', async (t) => {
    const { placed, move, stuckIsWaitedFor, whileStuckIsHeld } = await openStore(t)
    const bought = await move(paid(await placed('stuck'), 'pi_1', 'reserved', new Date()))
    const charged = [await placed('desk'), await placed('stuck')]
    await whileStuckIsHeld(async () => {
      const cancelling = watched(move(cancelled(bought, new Date())))
      const [desk, stuck] = charged.map((order) => move(paid(order, 'pi_2', 'reserved', new Date())))
      await stuckIsWaitedFor()
      assert.equal((await desk)?.status, 'paid')
      assert.equal((await stuck)?.status, 'paid')
      await assert.rejects(cancelling.promise, DatabaseUnavailable)
    })
    assert.equal((await move(cancelled(bought, new Date()))).status, 'cancelled')
  })
})

/** A shop, and somebody who can hold a product's row in it. */
async function openStore(t: TestContext) {
  const url = await createDatabase(t)
  const sql = connect(t, url)
  await stock(sql, { desk: 10, lamp: 10, mug: 10, stuck: 10 })
  const pool = createPool({ url, poolSize: 8 })
  t.after(() => pool.close())
  const store = createOrderStore(pool, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })
  const place = (productId: string) =>
    store.place({
      orderId: newOrderId(),
      principal: { id: `somebody ${randomUUID()}`, name: null, email: null },
      key: 'one',
      fingerprint: Buffer.alloc(32),
      format: { version: 2, mediaType: 'application/json', requestId: 'somebody' },
      request: { items: [{ productId, quantity: 1 }], paymentToken: 'pm_card_visa' },
    })
  return {
    place,
    async placed(productId: string): Promise<Order> {
      const result = await place(productId)
      assert.ok(result.outcome === 'placed')
      return result.order
    },
    move: async (move: Move) => (await store.move({ move, context: { requestId: 'somebody' } })).order,
    stuckIsWaitedFor: (by = 1) =>
      eventually('statements to wait', async () => {
        const [row] = await sql`select count(*)::int as n from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`
        return row?.n >= by
      }),
    whileStuckIsHeld: (work: () => Promise<void>) =>
      sql.begin(async (session) => {
        await session`select from products where id = 'stuck' for update`
        await work()
      }),
  }
}

/** Whether it has come to an end, whatever the end. */
function watched<T>(promise: Promise<T>) {
  const watched = { promise, isSettled: false }
  const settle = () => {
    watched.isSettled = true
  }
  promise.then(settle, settle)
  return watched
}
