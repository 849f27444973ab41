import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FakeWarehouse } from '../support/fake-dependencies.ts'
import { bodyOf, eventually, place } from '../support/shop.ts'
import { openShop, type ShopFront } from './shop-front.ts'

/** How often the warehouse was asked to. */
const asked = ({ calls }: FakeWarehouse, method: string) =>
  calls.filter((call) => call.startsWith(method)).length

/** A warehouse that takes its time for the first reservation, whoever still waits for it. */
function slowAtFirst() {
  const { promise: due, resolve: end } = Promise.withResolvers<void>()
  let first = true
  const beforehand = async () => {
    if (!first) return
    first = false
    await due
  }
  return { beforehand, end }
}

/** The reservation comes about after a release, and everything else that was to be done at once. */
async function assertReleasedAgain({ sql, warehouse }: ShopFront, late: () => void): Promise<void> {
  const isOver = async () => {
    const left = await sql`select from pgboss.job where name in ('reserve-stock', 'release-stock')
      and (state < 'retry' or state = 'active' or start_after <= now() and state = 'retry')`
    return left.length === 0
  }
  await eventually('the first release', async () => asked(warehouse, 'DELETE') > 0 && (await isOver()))
  late()
  await eventually('the reservation', () => warehouse.reservations.size === 1)
  const passed = await sql`
    update pgboss.job set start_after = now()
    where name = 'release-stock' and start_after > now() + interval '5 seconds' returning id`
  assert.equal(passed.length, 1)
  await eventually('the release', () => warehouse.reservations.size === 0)
}

test('A declined order is released again, after a reservation that nobody waited for has come about', async (t) => {
  const { beforehand, end } = slowAtFirst()
  const shop = await openShop(t, { warehouse: { beforehand } })
  const body = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa_chargeDeclined' }
  const answer = await place(shop.service.api, body, { key: 'declined', token: shop.token })
  assert.equal(answer.status, 402)
  await assertReleasedAgain(shop, end)
})

test('So is one that is called off, though the warehouse was asked again and said yes', async (t) => {
  const { beforehand, end } = slowAtFirst()
  const shop = await openShop(t, { warehouse: { beforehand } })
  const { id } = await shop.order()
  await eventually('the queued reservation', async () => {
    const [job] = await shop.sql`select state from pgboss.job where name = 'reserve-stock'`
    return job?.state === 'completed' && shop.warehouse.reservations.has(id)
  })
  const { status } = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
  assert.equal(status, 'cancelled')
  await assertReleasedAgain(shop, end)
})

test('What the warehouse reserved before it said that it has none is released', async (t) => {
  const shop = await openShop(t, {
    warehouse: {
      meanwhile: async () => (asked(shop.warehouse, 'PUT') === 1 ? 'drop' : undefined),
      status: () => (asked(shop.warehouse, 'PUT') === 2 && asked(shop.warehouse, 'DELETE') === 0 ? 409 : 200),
    },
  })
  const body = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa' }
  const answer = await place(shop.service.api, body, { key: 'refused', token: shop.token })
  assert.equal(answer.status, 409)
  assert.deepEqual([asked(shop.warehouse, 'PUT'), shop.warehouse.reservations.size], [2, 1])
  await eventually('the release', () => shop.warehouse.reservations.size === 0)
})

test('Where the warehouse answered in time it is told once', async (t) => {
  const shop = await openShop(t)
  const { id } = await shop.order()
  await shop.ask('POST', `/orders/${id}/cancel`)
  await eventually('the release', async () => {
    const [job] = await shop.sql`select state from pgboss.job where name = 'release-stock'`
    return job?.state === 'completed'
  })
  assert.equal(asked(shop.warehouse, 'DELETE'), 1)
})
