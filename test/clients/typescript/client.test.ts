import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type Attempt, createClient, isProblem } from '../../../clients/typescript/src/client.ts'
import { openShop, type ShopFront } from '../../orders/shop-front.ts'
import { lifetimeOfSuite } from '../../support/lifetime.ts'
import { tokenOf } from '../../support/shop.ts'

const order = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa' }

describe('The client, at a service that is well', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  /** A client of a customer whom nobody else is, and what it sent. */
  async function clientOf<V extends 1 | 2>(version: V, sub: string) {
    const attempts: Attempt[] = []
    const token = await tokenOf(sub)
    const client = createClient({
      baseUrl: shop.service.api,
      version,
      token,
      onAttempt: (attempt) => attempts.push(attempt),
    })
    return { client, attempts, statuses: () => attempts.map(({ status }) => status) }
  }

  test('Products are read one by one and page by page, in either version, without a token', async () => {
    const one = createClient({ baseUrl: shop.service.api, version: 1 })
    const two = createClient({ baseUrl: `${shop.service.api}/`, version: 2 })
    assert.equal((await one.products.get('desk')).price, 1000)
    assert.deepEqual((await two.products.get('desk')).price, { amount: 1000, currency: 'USD' })

    const first = await one.products.page({ limit: 1 })
    assert.deepEqual(
      first.items.map(({ id }) => id),
      ['desk'],
    )
    assert.ok(first.nextCursor !== undefined)
    for (const client of [one, two]) {
      const ids: string[] = []
      for await (const { id } of client.products.list({ limit: 1 })) ids.push(id)
      assert.deepEqual(ids, ['desk', 'lamp'])
    }
  })

  test('What has not changed is answered with 304 and comes from memory, in objects of its own', async () => {
    const { client, statuses } = await clientOf(2, 'reader')
    const first = await client.products.get('lamp')
    first.name = 'spoilt'
    const again = await client.products.get('lamp')
    assert.equal(again.name, 'The lamp')
    assert.deepEqual(statuses(), [200, 304])

    const pages = [await client.products.page({ limit: 1 }), await client.products.page({ limit: 1 })]
    assert.deepEqual(pages[1], pages[0])
    assert.deepEqual(statuses().slice(2), [200, 304])

    const old = createClient({ baseUrl: shop.service.api, version: 1 })
    const [one, other] = [await old.products.page({ limit: 1 }), await old.products.page({ limit: 1 })]
    assert.deepEqual(other, one)
    assert.ok(other.nextCursor !== undefined, 'the link survives the 304')
  })

  test('An order is placed, read, listed and cancelled, in either version', async () => {
    const { client: one } = await clientOf(1, 'buyer')
    const { client: two, statuses } = await clientOf(2, 'buyer')
    const old = await one.orders.place({ productId: 'desk', quantity: 1, paymentToken: 'pm_card_visa' })
    assert.equal(old.total, 1000)
    const placed = await two.orders.place(order)
    assert.deepEqual(placed.total, { amount: 1000, currency: 'USD' })
    assert.deepEqual(await two.orders.get(placed.id), placed)
    assert.deepEqual(statuses(), [201, 304], 'what was answered to the order need not be read again')

    const ids: string[] = []
    for await (const { id } of two.orders.list({ limit: 1 })) ids.push(id)
    assert.deepEqual(ids, [placed.id, old.id])
    const paid = await two.orders.page({ status: 'payment_failed' })
    assert.deepEqual(paid, { items: [] })

    assert.equal((await two.orders.cancel(placed.id)).status, 'cancelled')
    assert.equal((await two.orders.cancel(placed.id)).status, 'cancelled')
    assert.equal((await one.orders.get(placed.id)).status, 'cancelled')
  })

  test('A patch is for the state that was read, and one for an older state is refused', async () => {
    const { client } = await clientOf(2, 'patcher')
    const read = await client.orders.place(order)
    const noted = await client.orders.patch(read, { note: 'Ring twice.' })
    assert.equal(noted.note, 'Ring twice.')
    await assert.rejects(client.orders.patch(read, { note: 'Too late.' }), (error) => {
      assert.ok(isProblem(error, 'precondition-failed'))
      assert.equal(error.etag, client.etagOf(noted))
      return true
    })
    const patched = await client.orders.patch(noted, [{ op: 'replace', path: '/note', value: 'Knock.' }])
    assert.equal(patched.note, 'Knock.')
    const forced = await client.orders.patch(read.id, { note: null }, { ifMatch: '*' })
    assert.equal(forced.note, undefined)
    await assert.rejects(client.orders.patch(structuredClone(forced), { note: 'x' }), TypeError)
  })

  test('A user reads and changes themselves', async () => {
    const { client } = await clientOf(2, 'ada')
    const me = await client.users.me()
    const changed = await client.users.patch(me, { preferences: { theme: 'dark' } })
    assert.deepEqual(changed.preferences, { theme: 'dark' })
    await assert.rejects(client.users.patch(me, { name: 'x' }), (error) =>
      isProblem(error, 'precondition-failed'),
    )
  })

  test('A token that has run out is asked for once more, and a refusal is no loop', async () => {
    const good = await tokenOf('late')
    const asked: (string | undefined)[] = []
    const client = createClient({
      baseUrl: shop.service.api,
      version: 2,
      token: (refused) => {
        asked.push(refused)
        // Each fresh one is good once, as where asking for another ends the one before.
        return asked.length === 1 ? 'stale' : asked.length === 2 ? good : 'one too many'
      },
    })
    assert.equal((await client.users.me()).id, 'late')
    assert.deepEqual(asked, [undefined, 'stale'])

    const hopeless = createClient({
      baseUrl: shop.service.api,
      version: 2,
      token: () => `bad ${Math.random()}`,
    })
    await assert.rejects(
      hopeless.users.me(),
      (error) => isProblem(error, 'unauthorized') && error.attempts === 2,
    )
  })

  test('The end of a version is told once', async (t) => {
    const ending = await shop.startAnother({
      API_V1_DEPRECATION: '2027-01-31',
      API_V1_SUNSET: '2027-07-31T12:00:00Z',
    })
    t.after(() => ending.kill())
    const told: object[] = []
    const client = createClient({
      baseUrl: ending.api,
      version: 1,
      onDeprecation: (deprecation) => told.push(deprecation),
    })
    await client.products.get('desk')
    await client.products.get('desk')
    assert.deepEqual(told, [
      {
        version: 1,
        deprecatedAt: new Date('2027-01-31T00:00:00Z'),
        sunsetAt: new Date('2027-07-31T12:00:00Z'),
        link: `${ending.api}/problems/version-sunset`,
      },
    ])
  })
})
