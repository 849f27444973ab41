import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fromUuid } from '#src/orders/order-id.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { basket, bodyOf, eventually, place } from '../support/shop.ts'
import { assertReturned, openShop } from './shop-front.ts'

const API_ONLY = { ROLE: 'api' }

suite('A cancellation and others at once', { concurrency: 1 }, () => {
  test('Twenty at once, on two processes: all succeed, and everything happens once', async (t) => {
    const shop = await openShop(t)
    const other = await shop.startAnother()
    const { id } = await shop.order({ items: [{ productId: 'desk', quantity: 4 }] })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        shop.ask('POST', `/orders/${id}/cancel`, { api: n % 2 ? other.api : shop.service.api }),
      ),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    for (const answer of answers) assert.equal((await bodyOf(answer)).status, 'cancelled')
    await assertReturned(shop, id, 'refunded', 1)
    await eventually('the release', () => shop.warehouse.calls.includes(`DELETE ${id}`))
  })

  test('While the charge is in flight it has to wait, and then succeeds', async (t) => {
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    const shop = await openShop(t, {
      payment: {
        async meanwhile() {
          asked.resolve()
          await answered.promise
        },
      },
    })
    const placing = place(shop.service.api, basket('desk'), { key: 'pending', token: shop.token })
    await asked.promise
    const [row] = await shop.sql`select id from orders`
    const path = `/orders/${fromUuid(row?.id)}/cancel`
    const refusals = await Promise.all(Array.from({ length: 5 }, () => shop.ask('POST', path)))
    for (const refusal of refusals) {
      await assertProblem(refusal, {
        slug: 'order-in-progress',
        extensions: { orderStatus: 'pending' },
        headers: { 'retry-after': /^[1-9]\d*$/ },
      })
    }
    answered.resolve()
    const placed = await bodyOf(await placing)
    assert.equal(placed.status, 'paid')
    assert.equal((await shop.ask('POST', path)).status, 200)
    await assertReturned(shop, placed.id, 'refunded', 1)
  })

  test('A queued charge that was never sent is voided, and never sent', async (t) => {
    const shop = await openShop(t, { payment: { status: () => 429 }, env: API_ONLY })
    const { id, status } = await shop.order()
    assert.equal(status, 'payment_pending')
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.deepEqual([body.status, body.payment.status], ['cancelled', 'voided'])

    await shop.startAnother({})
    await eventually('the queued charge to be looked at', async () => {
      const [job] = await shop.sql`select state from pgboss.job where name = 'charge-order'`
      return job?.state === 'completed'
    })
    assert.equal(shop.payment.charges.size, 0)
    await assertReturned(shop, id, 'voided', 0)
  })

  test('A queued charge that is in flight is captured after all, and given back once', async (t) => {
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    let failing = true
    const shop = await openShop(t, {
      payment: {
        status: () => (failing ? 429 : 200),
        async meanwhile() {
          asked.resolve()
          await answered.promise
        },
      },
    })
    const { id, status } = await shop.order()
    assert.equal(status, 'payment_pending')
    failing = false
    await asked.promise
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.deepEqual([body.status, body.payment.status], ['cancelled', 'refund_pending'])
    answered.resolve()
    await assertReturned(shop, id, 'refunded', 1)
    assert.equal(shop.payment.charges.size, 1, 'one key, whoever asked')
  })

  test('Thirty queued charges, called off at the moment they are sent: none is kept', async (t) => {
    let failing = true
    const shop = await openShop(t, {
      payment: { status: () => (failing ? 429 : 200) },
    })
    const orders = await Promise.all(Array.from({ length: 30 }, () => shop.order()))
    failing = false
    await Promise.all(
      orders.map(async ({ id }, n) => {
        // Spread over the seconds in which the worker sends them.
        await new Promise((resolve) => setTimeout(resolve, n * 100))
        assert.equal((await shop.ask('POST', `/orders/${id}/cancel`)).status, 200)
      }),
    )
    await eventually('every cent to be back', async () => {
      const [left] = await shop.sql`select count(*)::int as orders from orders
        where status <> 'cancelled' or payment_status not in ('refunded', 'voided')`
      return left?.orders === 0
    })
    for (const { id } of orders) assert.equal(shop.payment.taken(id), 0)
    for (const charge of shop.payment.charges.values()) assert.equal(charge.refunds, 1)
    assert.deepEqual([...(await shop.sql`select stock from products where id = 'desk'`)], [{ stock: 1_000 }])
  })
})
