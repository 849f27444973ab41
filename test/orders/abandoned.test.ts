import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { createDatabase as openDatabase } from '#plugins/database.ts'
import { chargeLater, declined, paid } from '#src/orders/order.ts'
import { newOrderId, toUuid } from '#src/orders/order-id.ts'
import type { Placement } from '#src/orders/placement.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, stock } from '../support/shop.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

async function shop(t: TestContext) {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const database = openDatabase({ url: databaseUrl, poolSize: 4 })
  t.after(() => database.close())
  const store = createOrderStore(database, { currency: 'USD', leaseSeconds: 60, idempotencyTtlSeconds: 60 })
  await stock(sql, { desk: 10 })

  async function place(key: string) {
    const placement: Placement = {
      orderId: newOrderId(),
      principal: { id: 'ada', name: null, email: null },
      key,
      fingerprint: randomBytes(32),
      format: { version: 2, mediaType: 'application/json', requestId: `request of ${key}` },
      traceparent,
      request: { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa' },
    }
    const result = await store.place(placement)
    assert.equal(result.outcome, 'placed')
    return result.order
  }

  return {
    store,
    place,
    /** As if the process had died, and the time of its lease had passed. */
    endLeases: () => sql`update orders_in_flight set lease_until = now() - interval '1 second'`,
    inFlight: async () => (await sql`select from orders_in_flight`).length,
    jobs: async () => [
      ...(await sql`select id, data, state::text, start_after <= now() as due from pgboss.job
                    where name = 'finish-order' order by id`),
    ],
  }
}

test('An order becomes a job when its lease has ended, not before, and once', async (t) => {
  const { store, place, endLeases, inFlight, jobs } = await shop(t)
  const orders = [await place('a'), await place('b')]
  assert.equal(await store.queueAbandoned(), 0)
  assert.deepEqual(await jobs(), [])

  await endLeases()
  const looks = await Promise.all([1, 2, 3].map(() => store.queueAbandoned()))
  assert.equal(
    looks.reduce((sum, found) => sum + found),
    2,
  )
  assert.deepEqual(
    await jobs(),
    orders.map(({ id, idempotencyKey }) => ({
      id: toUuid(id),
      data: { orderId: toUuid(id), requestId: `request of ${idempotencyKey}`, traceparent },
      state: 'created',
      due: true,
    })),
  )
  assert.equal(await inFlight(), 0)
  assert.equal(await store.queueAbandoned(), 0)
})

test('An order that was settled leaves nothing to finish', async (t) => {
  const { store, place, endLeases, inFlight, jobs } = await shop(t)
  const order = await place('a')
  const { moved } = await store.move({
    move: paid(order, 'pi_1', 'reserved', new Date()),
    context: { requestId: 'r' },
  })
  assert.ok(moved)
  assert.equal(await inFlight(), 0)
  await endLeases()
  assert.equal(await store.queueAbandoned(), 0)
  assert.deepEqual(await jobs(), [])
})

test('What stands after a move is what its mover sent', async (t) => {
  const { store, place } = await shop(t)
  const order = await place('a')
  const response = { status: 201, headers: { 'content-type': 'application/json' }, body: '{}' }
  const outcome = await store.move({
    move: paid(order, 'pi_1', 'reserved', new Date()),
    response,
    context: { requestId: 'r' },
  })
  assert.deepEqual(outcome.order, await store.find(order.id))
  const later = chargeLater(await place('b'), { sent: true, againInSeconds: 9 }, 'reserved', new Date())
  const no = declined(await place('c'), { declineCode: 'no', reference: 'pi_2' }, 'reserved', new Date())
  for (const move of [later, no]) {
    const { order: moved } = await store.move({ move, context: { requestId: 'r' } })
    assert.deepEqual(moved, await store.find(moved.id))
  }
  const asked = { principal: 'ada', key: 'a', orderId: order.id }
  assert.deepEqual(outcome.response, await store.findResponse(asked))
  // Whoever waited for an earlier order under the same key is not answered with this one.
  assert.equal(await store.findResponse({ ...asked, orderId: newOrderId() }), null)
})
