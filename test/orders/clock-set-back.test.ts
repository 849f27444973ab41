import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { toUuid } from '#src/orders/order-id.ts'
import type { ServiceProcess } from '../support/service.ts'
import { basket, bodyOf, eventually, place } from '../support/shop.ts'
import { openStore, placement } from './open-store.ts'
import { openShop } from './shop-front.ts'

/** The database's clock is set back by an hour, or a standby whose clock is that slow takes over: leases end later. */
suite('An order whose process died before the clock of the database was set back', () => {
  test('The completer finishes it', async (t) => {
    const { shop } = await abandonedShop(t)
    await shop.startAnother({ ROLE: 'worker' })
    await eventually('the order to be paid', async () => {
      const [order] = await shop.sql`select status from orders`
      return order?.status === 'paid'
    })
    assertChargedOnce(shop)
  })

  test('Its key is answered with it', async (t) => {
    const { shop, key } = await abandonedShop(t)
    const { api } = await shop.startAnother({ ROLE: 'api' })
    const answer = await place(api, basket('desk'), { key, token: shop.token })
    assert.equal(answer.status, 201)
    assert.equal((await bodyOf(answer)).status, 'paid')
    assertChargedOnce(shop)
  })

  async function abandonedShop(t: TestContext) {
    let victim: ServiceProcess | undefined
    const shop = await openShop(t, {
      payment: {
        async meanwhile() {
          await victim?.kill()
          victim = undefined
        },
      },
      env: { ROLE: 'api' },
    })
    victim = shop.service
    const key = 'left behind'
    await assert.rejects(place(shop.service.api, basket('desk'), { key, token: shop.token }))
    await shop.sql`update orders set lease_until = lease_until + interval '1 hour'`
    await shop.sql`update orders_in_flight set lease_until = lease_until + interval '1 hour'`
    return { shop, key }
  }

  function assertChargedOnce({ payment }: Awaited<ReturnType<typeof openShop>>) {
    const [charge, ...others] = payment.charges.values()
    assert.ok(charge !== undefined)
    assert.deepEqual(others, [])
    assert.equal(payment.taken(charge.orderId), 1)
  }
})

suite('A lease that ends later than this process would let it', () => {
  test('is kept up to a minute: others may give longer ones, and a clock may be a little behind', async (t) => {
    const { store, order, endLeasesIn } = await openWithOne(t)
    await endLeasesIn(74)
    assert.equal(await store.queueAbandoned(), 0)
    assert.equal(await store.takeOver(toUuid(order.orderId)), null)
    const again = await store.place(placement('one'))
    assert.equal(again.outcome, 'in-flight')
    assert.ok(again.leaseSecondsLeft <= 15, `nobody is told to wait for longer: ${again.leaseSecondsLeft}`)
  })

  test('has ended past that, for the completer and for the key', async (t) => {
    const { store, order, endLeasesIn } = await openWithOne(t)
    await endLeasesIn(300)
    assert.equal(await store.queueAbandoned(), 1)
    assert.equal((await store.takeOver(toUuid(order.orderId)))?.order.leaseGeneration, 2)
    await endLeasesIn(300)
    const again = await store.place(placement('one'))
    assert.equal(again.outcome, 'resumed')
    assert.equal(again.order.leaseGeneration, 3)
  })

  async function openWithOne(t: TestContext) {
    const { sql, store } = await openStore(t)
    const order = placement('one')
    assert.equal((await store.place(order)).outcome, 'placed')
    return {
      store,
      order,
      async endLeasesIn(seconds: number) {
        await sql`update orders set lease_until = now() + ${seconds} * interval '1 second'`
        await sql`update orders_in_flight set lease_until = now() + ${seconds} * interval '1 second'`
      },
    }
  }
})
