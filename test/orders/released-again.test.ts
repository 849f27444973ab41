import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FakeWarehouse } from '../support/fake-dependencies.ts'
import { bodyOf, eventually, place } from '../support/shop.ts'
import { openShop, type ShopFront } from './shop-front.ts'

/** How often the warehouse was asked to. */
const asked = ({ calls }: FakeWarehouse, method: string) =>
  calls.filter((call) => call.startsWith(method)).length

/** A warehouse that takes its time for the first reservation, for longer than an order waits for it. */
function slowAtFirst() {
  const { promise: due, resolve: end } = Promise.withResolvers<void>()
  let first = true
  const beforehand = async () => {
    if (!first) return
    first = false
    await due
  }
  return { warehouse: { beforehand }, env: { INVENTORY_DEADLINE_MS: '1000' }, end }
}

/** The reservation comes about after a release, and everything else that was to be done at once. */
async function assertReleasedAgain({ service, sql, warehouse }: ShopFront, late: () => void): Promise<void> {
  const yet = 'a reservation that was given up may come about yet'
  // The next one is held back until the reservation is there, however long that takes here.
  await eventually('the first release', async () => {
    const held = await sql`
      update pgboss.job set start_after = now() + interval '1 hour'
      where name = 'release-stock' and state = 'retry' and output ->> 'reason' = ${yet} returning id`
    return held.length === 1
  })
  await eventually('the end of what asks the warehouse again', async () => {
    const [job] = await sql`select state from pgboss.job where name = 'reserve-stock'`
    return job?.state === 'completed'
  })
  const { delayMs } = await eventually('the log to say so', () =>
    service.logs.find(({ msg, reason }) => msg === 'a job will be tried again' && reason === yet),
  )
  assert.ok(Number(delayMs) > 5_000, `${delayMs}`)
  late()
  await eventually('the reservation', () => warehouse.reservations.size === 1)
  await sql`update pgboss.job set start_after = now() where name = 'release-stock'`
  await eventually('the release', () => warehouse.reservations.size === 0)
}

test('A declined order is released again, after a reservation that nobody waited for has come about', async (t) => {
  const { end, ...options } = slowAtFirst()
  const shop = await openShop(t, options)
  const body = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa_chargeDeclined' }
  const answer = await place(shop.service.api, body, { key: 'declined', token: shop.token })
  assert.equal(answer.status, 402, await answer.text())
  await assertReleasedAgain(shop, end)
})

test('So is one that is called off, though the warehouse was asked again and said yes', async (t) => {
  const { end, ...options } = slowAtFirst()
  const shop = await openShop(t, options)
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
  // When it says so: the release may come before the client has its answer.
  let reserved = -1
  const shop = await openShop(t, {
    warehouse: {
      meanwhile: async () => (asked(shop.warehouse, 'PUT') === 1 ? 'drop' : undefined),
      status() {
        if (asked(shop.warehouse, 'PUT') !== 2 || asked(shop.warehouse, 'DELETE') > 0) return 200
        reserved = shop.warehouse.reservations.size
        return 409
      },
    },
  })
  const body = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa' }
  const answer = await place(shop.service.api, body, { key: 'refused', token: shop.token })
  assert.equal(answer.status, 409, await answer.text())
  assert.deepEqual([asked(shop.warehouse, 'PUT'), reserved], [2, 1])
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
