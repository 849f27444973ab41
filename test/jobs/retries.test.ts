import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { eventually } from '../support/shop.ts'

suite('Queued work', () => {
  test('A queued charge is due within three seconds, and looked for every second: within five, then', async (t) => {
    // As often as it is asked while the client waits.
    let failures = 4
    const shop = await openShop(t, { payment: { status: () => (failures-- > 0 ? 500 : 200) } })
    const { id, status } = await shop.order()
    assert.equal(status, 'payment_pending')
    const [queued] = await shop.sql<[{ delay: number }]>`
      select extract(epoch from start_after - created_on)::float8 as delay from pgboss.job where name = 'charge-order'`
    assert.ok(queued.delay <= 3, `${queued.delay}`)
    await eventually('the charge', () => shop.payment.taken(id) === 1)
  })

  test('A charge that is told when to come again comes then, however late that is', async (t) => {
    let answer = { status: 429, headers: { 'retry-after': '3600' } }
    const shop = await openShop(t, {
      payment: { status: () => answer.status, headers: () => answer.headers },
    })
    // Told while its client waited.
    await shop.order()
    assertAbout(await delayOf(shop, 'created'), 3_600)

    // Told to the job: the same, though its first backoff would be two seconds at most.
    const at = new Date(Date.now() + 7_200_000)
    answer = { status: 503, headers: { 'retry-after': at.toUTCString() } }
    await shop.sql`update pgboss.job set start_after = now() where name = 'charge-order'`
    assertAbout(await delayOf(shop, 'retry'), 7_200)
  })
})

/** How long the charge waits once it is in a state, in seconds. */
const delayOf = (shop: ShopFront, state: string) =>
  eventually(`the charge to be in the state ${state}`, async () => {
    const [job] = await shop.sql<{ delay: number }[]>`
      select extract(epoch from start_after - now())::float8 as delay from pgboss.job
      where name = 'charge-order' and state = ${state}`
    return job?.delay
  })

/** A date knows no fraction of a second, and a slow machine takes its time to look. */
function assertAbout(delay: number, seconds: number) {
  assert.ok(delay > seconds - 60 && delay <= seconds + 1, `${delay}`)
}
