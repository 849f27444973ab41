import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { cancelled, chargeLater, type Order } from '#src/orders/order.ts'
import { newOrderId, toUuid } from '#src/orders/order-id.ts'
import type { Placement } from '#src/orders/placement.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { startTcpProxy } from '../chaos/tcp-proxy.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, stock } from '../support/shop.ts'

suite('A statement that was carried out, and is sent again because its reply was lost', () => {
  test('A charge that came to nothing is taken back all the same, and so called off without a refund', async (t) => {
    const { store, losingReply } = await openStore(t)
    const order = await queuedOrder(store)
    const sent = await losingReply(
      () => store.chargeIsSent(randomUUID()),
      () => store.chargeIsSent(toUuid(order.id)),
    )
    assert.equal(sent?.sentBefore, false)
    await store.nothingWasCharged(sent)
    const move = cancelled((await store.find(order.id)) ?? order, new Date())
    assert.equal(move.to.payment.status, 'voided')
    assert.equal((await store.move({ move, context })).moved, true)
  })

  test('One that another may have sent before stays to be asked for', async (t) => {
    const { store, losingReply } = await openStore(t)
    const order = await queuedOrder(store)
    await store.chargeIsSent(toUuid(order.id))
    const sent = await losingReply(
      () => store.chargeIsSent(randomUUID()),
      () => store.chargeIsSent(toUuid(order.id)),
    )
    assert.equal(sent?.sentBefore, true)
    await store.nothingWasCharged(sent)
    assert.equal((await store.find(order.id))?.payment.sent, true)
  })

  test('An ended lease that a client takes over is its own', async (t) => {
    const { store, abandonedOrder, losingReply } = await openStore(t)
    const order = await abandonedOrder()
    const result = await losingReply(
      () => store.place(placement('nothing', 'nothing')),
      () => store.place(placement('abandoned')),
    )
    assert.ok(result.outcome === 'resumed', result.outcome)
    assert.equal(result.order.id, order.id)
    assert.equal(result.order.leaseGeneration, 2)
    assert.equal((await store.place(placement('abandoned'))).outcome, 'in-flight', "and nobody else's")
  })

  test('An ended lease that the completer takes over is its own', async (t) => {
    const { store, abandonedOrder, losingReply } = await openStore(t)
    const { id } = await abandonedOrder()
    const taken = await losingReply(
      () => store.takeOver(randomUUID()),
      () => store.takeOver(toUuid(id)),
    )
    assert.equal(taken?.order.leaseGeneration, 2)
    assert.equal(await store.takeOver(toUuid(id)), null, "and nobody else's")
  })

  test('A move that was made is its own, and one that another made is not', async (t) => {
    const { store, losingReply } = await openStore(t)
    const order = await queuedOrder(store)
    const move = (at: Date) => store.move({ move: cancelled(order, at), context })
    const nobody = { ...order, id: newOrderId() }
    const before = () => assert.rejects(store.move({ move: cancelled(nobody, new Date()), context }))
    const at = new Date()
    assert.equal((await losingReply(before, () => move(at))).moved, true)
    assert.equal((await move(new Date(at.getTime() + 1_000))).moved, false)
  })

  test('A change of details that was made is its own, and one that another made is not', async (t) => {
    const { store, losingReply } = await openStore(t)
    const order = await queuedOrder(store)
    const change = (seconds: number) => ({
      ...order,
      note: 'Ring twice',
      revision: order.revision + 1,
      updatedAt: new Date(order.updatedAt.getTime() + seconds * 1_000),
    })
    const before = () => store.changeDetails({ ...change(1), id: newOrderId() })
    const changed = await losingReply(before, () => store.changeDetails(change(1)))
    assert.deepEqual([changed?.note, changed?.revision], ['Ring twice', order.revision + 1])
    assert.equal(await losingReply(before, () => store.changeDetails(change(2))), null)
  })
})

const context = { requestId: 'somebody' }

/** A store whose network can lose a reply: what was asked is done, and the connection gone. */
async function openStore(t: TestContext) {
  const url = new URL(await createDatabase(t))
  const sql = connect(t, url.href)
  await stock(sql, { desk: 10 })
  const target = Number(url.port)
  const proxy = await startTcpProxy(t, () => target)
  url.port = String(proxy.port)
  const pool = createPool({ url: url.href, poolSize: 1 })
  t.after(() => pool.close())
  const store = createOrderStore(pool, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })
  return {
    store,
    /** One whose process died, and whose lease has ended. */
    async abandonedOrder(): Promise<Order> {
      const placed = await store.place(placement('abandoned'))
      assert.ok(placed.outcome === 'placed')
      await sql`update orders set lease_until = now() - interval '1 second'`
      return placed.order
    },
    /** @param before the same statement about nothing: it is prepared then, and has one reply only */
    async losingReply<T>(before: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
      await before()
      proxy.loseAnswers(1)
      const result = await work()
      assert.ok(proxy.lost())
      return result
    },
  }
}

type Store = ReturnType<typeof createOrderStore>

async function queuedOrder(store: Store) {
  const placed = await store.place(placement('queued'))
  assert.ok(placed.outcome === 'placed')
  const attempt = { sent: false, againInSeconds: 60 }
  const move = chargeLater(placed.order, attempt, 'reserved', new Date())
  return (await store.move({ move, context })).order
}

function placement(key: string, productId = 'desk'): Placement {
  return {
    orderId: newOrderId(),
    principal: { id: 'somebody', name: null, email: null },
    key,
    fingerprint: Buffer.alloc(32),
    format: { version: 2, mediaType: 'application/json', requestId: 'somebody' },
    request: { items: [{ productId, quantity: 2 }], paymentToken: 'pm_card_visa' },
  }
}
