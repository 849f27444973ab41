import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openShop, type ShopFront } from './shop-front.ts'

/** Seconds between an order's settlement and the first attempt of a job that follows from it. */
async function delayOf(shop: ShopFront, queue: string): Promise<number> {
  const [job] = await shop.sql`
    select extract(epoch from start_after - created_on)::float as seconds from pgboss.job where name = ${queue}`
  return job?.seconds
}

test('A warehouse that says when to come back is asked then, and not at once', async (t) => {
  const warehouse = { status: () => 429, headers: () => ({ 'retry-after': '30' }) }
  const shop = await openShop(t, { warehouse, env: { ROLE: 'api' } })
  assert.equal((await shop.order()).status, 'paid')
  const seconds = await delayOf(shop, 'reserve-stock')
  assert.ok(seconds > 25 && seconds <= 30, `${seconds}`)
})

test('One that just fails is asked at once', async (t) => {
  const shop = await openShop(t, { warehouse: { status: () => 500 }, env: { ROLE: 'api' } })
  await shop.order()
  assert.equal(await delayOf(shop, 'reserve-stock'), 0)
})

test('A charge that will never be made becomes a dead letter without delay', async (t) => {
  const shop = await openShop(t, { payment: { status: () => 400 }, env: { ROLE: 'api' } })
  assert.equal((await shop.order()).status, 'payment_pending')
  assert.equal(await delayOf(shop, 'charge-order'), 0)
})
