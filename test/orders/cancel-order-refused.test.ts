import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { createChargeStore } from '#src/orders/charge-store.ts'
import { toUuid } from '#src/orders/order-id.ts'
import { bodyOf, eventually } from '../support/shop.ts'
import { assertReturned, openShop, type ShopFront } from './shop-front.ts'

/** Waits until an attempt has come to this, and holds the next one back. */
const jobIs = (shop: ShopFront, state: string) =>
  eventually(`the queued charge to be ${state}`, async () => {
    const [job] = await shop.sql`
      update pgboss.job set start_after = now() + interval '1 hour'
      where name = 'charge-order' and state = ${state} returning id`
    return job !== undefined
  })

suite('A cancellation of what is known not to be charged', { concurrency: 3 }, () => {
  for (const [what, status, state] of [
    ['a queued charge that the payment service has no time for', 429, 'retry'],
    ['one that it will never make', 400, 'failed'],
  ] as const) {
    test(`Calling off ${what} voids it, and charges nothing to give it back`, async (t) => {
      let refusing = true
      const shop = await openShop(t, { payment: { status: () => (refusing ? status : 200) } })
      const { id } = await shop.order()
      await jobIs(shop, state)
      const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
      assert.deepEqual([body.status, body.payment.status], ['cancelled', 'voided'])

      refusing = false
      await shop.sql`update pgboss.job set start_after = now() where name = 'charge-order'`
      await assertReturned(shop, id, 'voided', 0)
      assert.deepEqual([...(await shop.sql`select from pgboss.job where name = 'refund-order'`)], [])
      assert.equal(shop.payment.charges.size, 0)
    })
  }

  test('A charge that was lost once is asked for, whatever was said after it', async (t) => {
    let fate: 'lost' | 'refused' | 'made' = 'lost'
    const shop = await openShop(t, {
      payment: {
        status: () => (fate === 'refused' ? 429 : 200),
        meanwhile: async () => (fate === 'lost' ? 'drop' : undefined),
      },
    })
    const { id } = await shop.order()
    assert.equal(shop.payment.taken(id), 1)
    fate = 'refused'
    await jobIs(shop, 'retry')
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.equal(body.payment.status, 'refund_pending')
    fate = 'made'
    await assertReturned(shop, id, 'refunded', 1)
  })

  test('A worker that was believed dead does not take back that another sent the charge', async (t) => {
    const shop = await openShop(t, { payment: { status: () => 429 }, env: { ROLE: 'api' } })
    const { id } = await shop.order()
    const pool = createPool({ url: shop.databaseUrl, poolSize: 2 })
    t.after(() => pool.close())
    const { chargeIsSent, nothingWasCharged } = createChargeStore(pool)
    const slow = await chargeIsSent(toUuid(id))
    const other = await chargeIsSent(toUuid(id))
    assert.ok(slow !== null && other !== null)
    assert.deepEqual([slow.sentBefore, other.sentBefore], [false, true])

    await nothingWasCharged(slow)
    const body = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    assert.equal(body.payment.status, 'refund_pending')
  })
})
