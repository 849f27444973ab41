import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Sql } from 'postgres'
import { cancelled, type Order, paid } from '#src/orders/order.ts'
import { newOrderId, toUuid } from '#src/orders/order-id.ts'
import type { OrderStore } from '#src/orders/store.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { eventually, stock } from '../support/shop.ts'
import { openStore, placement } from './open-store.ts'

/** Keys, orders, products, each sorted: whoever waits for one holds none that comes after it, so nobody waits in a circle. */
suite('Locks are taken in one order everywhere', () => {
  const lifetime = lifetimeOfSuite()
  let sql: Sql
  let store: OrderStore

  before(async () => {
    ;({ sql, store } = await openStore(lifetime))
    await stock(sql, { lamp: 10 })
  })

  test('Products, by an order that names them the other way round', async () => {
    await assertFree(product('desk'), product('lamp'), () => place('one'))
  })

  test('Keys before orders, and orders before products', async () => {
    const order = await place('two')
    const pay = () => store.move({ move: paid(order, 'pi_1', 'reserved', new Date()), context })
    await assertFree(key('two'), row(order), pay)
    const bought = await store.find(order.id)
    assert.ok(bought !== null)
    await assertFree(row(order), product('desk'), () => cancel(bought))
  })

  test('Keys, orders and products, by a list of moves that names them the other way round', async () => {
    const moved = (orders: Order[]) =>
      Promise.all(
        orders.map((order) =>
          store
            .move({ move: paid(order, 'pi_1', 'reserved', new Date()), context })
            .then((done) => done.order),
        ),
      )
    const [a, b] = [await place('a'), await place('b')]
    await assertFree(key('a'), key('b'), () => moved([b, a]))
    const [c, d] = [await place('d'), await place('c')]
    await assertFree(row(c), row(d), () => moved([d, c]))
    const [bought] = await moved([await place('e')])
    assert.ok(bought !== undefined)
    await assertFree(product('desk'), product('lamp'), () => cancel(bought))
  })

  const context = { requestId: 'somebody' }
  const product = (id: string) => `select from products where id = '${id}'`
  const key = (name: string) => `select from idempotency_keys where key = '${name}'`
  const row = ({ id }: Order) => `select from orders where id = '${toUuid(id)}'`
  const cancel = (order: Order) => store.move({ move: cancelled(order, new Date()), context })

  async function place(name: string): Promise<Order> {
    const items = ['lamp', 'desk'].map((productId) => ({ productId, quantity: 1 }))
    const request = { items, paymentToken: 'pm_card_visa' }
    const result = await store.place({ ...placement(name), orderId: newOrderId(), request })
    assert.ok(result.outcome === 'placed')
    return result.order
  }

  /** While somebody holds the one, the work waits for it, and has not taken the other. */
  async function assertFree(held: string, free: string, work: () => Promise<unknown>): Promise<void> {
    let working: Promise<unknown> | undefined
    await sql.begin(async (session) => {
      await session.unsafe(`${held} for update`)
      working = work()
      await eventually('the work to wait', async () => {
        const waiting = await sql`
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
        return waiting.length > 0
      })
      await sql.unsafe(`${free} for update nowait`)
    })
    await working
  }
})
