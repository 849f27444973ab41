import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Attempt,
  createClient,
  isFinal,
  keysInMemory,
  NetworkError,
  TimeoutError,
} from '../../../clients/typescript/src/client.ts'
import { openShop, type ShopFront } from '../../orders/shop-front.ts'
import { lifetimeOfSuite } from '../../support/lifetime.ts'
import { tokenOf } from '../../support/shop.ts'
import { type FaultyProxy, startFaultyProxy } from '../faulty-proxy.ts'

const order = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa' }

/** Short pauses: what is tested is that it comes again, not how long it waits. */
const retry = { baseDelayMs: 5, maxDelayMs: 20 }

describe('The client, on a network that fails', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  let proxy: FaultyProxy

  before(async () => {
    shop = await openShop(lifetime)
  })

  /** A network of its own for a customer of its own. */
  async function customer(t: { after(run: () => Promise<void>): void; name: string }, keys = keysInMemory()) {
    proxy = await startFaultyProxy(t, shop.service.api)
    const sub = t.name.replaceAll(/\W+/g, '-')
    const token = await tokenOf(sub)
    const attempts: Attempt[] = []
    /** As after a reload of the page: what is not in `keys` is forgotten. */
    const open = (over: { attemptTimeoutMs?: number; deadlineMs?: number } = {}) =>
      createClient({
        baseUrl: proxy.url,
        version: 2,
        token,
        keys,
        retry: { ...retry, ...over },
        onAttempt: (attempt) => attempts.push(attempt),
      })
    return { sub, open, client: open(), attempts }
  }

  const keysSeen = () => [...new Set(proxy.seen.flatMap(({ headers }) => headers['idempotency-key'] ?? []))]

  /** What there is in the end: this many orders, and for each of them money taken once. */
  async function assertOrders(sub: string, expected: number) {
    const placed = await shop.sql`select 1 from orders where principal = ${sub}`
    assert.equal(placed.length, expected)
    const charges = [...shop.payment.charges.values()]
    const own = await shop.ask('GET', '/orders', {
      token: await tokenOf(sub),
      headers: { accept: 'application/vnd.holdfast+json; version=2' },
    })
    const { items } = JSON.parse(await own.text())
    for (const { id } of items) {
      assert.equal(charges.filter(({ orderId }) => orderId === id).length, 1)
      assert.equal(shop.payment.taken(id), 1)
    }
  }

  test('An order whose request or answer is lost, or breaks off, is placed once, under one key', async (t) => {
    const { sub, client, attempts } = await customer(t)
    proxy.strike('lose-request', 'lose-response', 'break-off', 'lose-response')
    const placed = await client.orders.place(order)
    assert.equal(placed.status, 'paid')
    assert.equal(proxy.seen.length, 5)
    assert.equal(keysSeen().length, 1)
    assert.equal(attempts.at(-1)?.replayed, true)
    await assertOrders(sub, 1)
  })

  test('What changes in the basket while its order is sent again belongs to the next order', async (t) => {
    const { sub, client } = await customer(t)
    const basket = { ...order, items: [...order.items] }
    proxy.judgeBy(() => {
      if (proxy.seen.length > 1) return undefined
      basket.items.push({ productId: 'lamp', quantity: 1 })
      return 'lose-response'
    })
    assert.equal((await client.orders.place(basket)).items.length, 1)
    assert.equal((await client.orders.place(basket)).items.length, 2)
    assert.equal(keysSeen().length, 2)
    await assertOrders(sub, 2)
  })

  test('A patch that is sent again says what it said when it was called', async (t) => {
    const { client } = await customer(t)
    const placed = await client.orders.place(order)
    const change = { note: 'Ring twice.' }
    proxy.judgeBy(() => {
      if (change.note === 'Knock.') return undefined
      change.note = 'Knock.'
      return 'lose-request'
    })
    assert.equal((await client.orders.patch(placed, change)).note, 'Ring twice.')
  })

  test('An attempt that gets no answer in time is made again', async (t) => {
    const { sub, open } = await customer(t)
    proxy.strike('hold', { after: pause(300) })
    const placed = await open({ attemptTimeoutMs: 150 }).orders.place(order)
    assert.equal(placed.status, 'paid')
    assert.equal(keysSeen().length, 1)
    await assertOrders(sub, 1)
  })

  test('503 and 429 of whatever stands before the service are waited for as long as they ask, in both forms', async (t) => {
    const { sub, client, attempts } = await customer(t)
    const html = { 'content-type': 'text/html' }
    const date = new Date('2020-01-01T00:00:00Z')
    const inOneSecond = new Date(date.getTime() + 1_000)
    proxy.strike(
      { status: 503, headers: { ...html, 'retry-after': '1' }, body: '<h1>Maintenance</h1>' },
      // The clock of that proxy is years behind ours: only the difference counts.
      {
        status: 429,
        headers: { ...html, date: date.toUTCString(), 'retry-after': inOneSecond.toUTCString() },
      },
      { status: 502, headers: html, body: '<h1>Bad gateway</h1>' },
    )
    assert.equal((await client.orders.place(order)).status, 'paid')
    const waits = attempts.map(({ retryInMs = 0 }) => retryInMs)
    assert.ok((waits[0] ?? 0) >= 1_000 && (waits[0] ?? 0) < 1_100, `${waits}`)
    assert.ok((waits[1] ?? 0) >= 1_000 && (waits[1] ?? 0) < 1_100, `${waits}`)
    assert.ok((waits[2] ?? 0) < 20, `${waits}`)
    await assertOrders(sub, 1)
  })

  test('What asks for more patience than there is is given up at once, and the key is kept', async (t) => {
    const { sub, client } = await customer(t)
    proxy.strike({ status: 503, headers: { 'retry-after': '3600' } })
    const began = performance.now()
    await assert.rejects(client.orders.place(order), {
      name: 'UnexpectedAnswerError',
      retryAfterMs: 3_600_000,
    })
    assert.ok(performance.now() - began < 5_000)
    await client.orders.place(order)
    assert.equal(keysSeen().length, 1)
    await assertOrders(sub, 1)
  })

  test('A reload while the answer is under way goes on with the same order', async (t) => {
    const { sub, open } = await customer(t)
    proxy.judgeBy(() => 'lose-response')
    const page = new AbortController()
    const first = open().orders.place(order, { signal: page.signal })
    await assert.rejects(
      Promise.all([first, leaveAfter(page, () => proxy.seen.length >= 2)]),
      (error) => error === page.signal.reason && !isFinal(error),
    )
    proxy.judgeBy(() => undefined)
    const placed = await open().orders.place(order)
    assert.equal(keysSeen().length, 1)
    await assertOrders(sub, 1)

    const another = await open().orders.place(order)
    assert.notEqual(another.id, placed.id, 'the first had its end: this is a new one')
    await assertOrders(sub, 2)
  })

  test('Five clicks make one order, and all hear of it', async (t) => {
    const { sub, client } = await customer(t)
    proxy.judgeBy(({ method }) =>
      method === 'POST' && proxy.seen.length % 2 === 1 ? 'lose-response' : undefined,
    )
    const placed = await Promise.all(Array.from({ length: 5 }, () => client.orders.place(order)))
    assert.equal(new Set(placed.map(({ id }) => id)).size, 1)
    assert.equal(keysSeen().length, 1)
    await assertOrders(sub, 1)
  })

  test('A declined order has had its end: the next one has a key of its own', async (t) => {
    const { sub, client } = await customer(t)
    const declined = { ...order, paymentToken: 'pm_card_visa_chargeDeclined' }
    for (const _ of [1, 2]) {
      proxy.strike('lose-response')
      await assert.rejects(client.orders.place(declined), isFinal)
    }
    assert.equal(keysSeen().length, 2)
    assert.equal((await shop.sql`select 1 from orders where principal = ${sub}`).length, 2)
  })

  test('While nothing gets through, the deadline ends it with the last failure', async (t) => {
    const { open } = await customer(t)
    proxy.judgeBy(() => 'lose-request')
    await assert.rejects(open({ deadlineMs: 2_000 }).products.get('desk'), (error) => {
      // Or of time, if the last attempt was left none.
      assert.ok(error instanceof NetworkError || error instanceof TimeoutError)
      return error.attempts > 2
    })
    proxy.judgeBy(() => 'hold')
    await assert.rejects(open({ deadlineMs: 200 }).products.get('desk'), TimeoutError)
  })

  test('Cancelling twice over a bad network refunds once', async (t) => {
    const { client } = await customer(t)
    const { id } = await client.orders.place(order)
    proxy.strike('lose-response', 'lose-response')
    assert.equal((await client.orders.cancel(id)).status, 'cancelled')
    const settled = await client.orders.waitUntilSettled(id, {
      until: ({ payment }) => payment.status === 'refunded',
      signal: AbortSignal.timeout(20_000),
      intervalMs: 50,
    })
    assert.equal(settled.payment.status, 'refunded')
    assert.equal(shop.payment.charges.get(`order:${id}:charge`)?.refunds, 1)
  })

  test('An abort ends a request, a pause and a wait at once', async (t) => {
    const { client, open } = await customer(t)
    const { id } = await client.orders.place(order)
    proxy.judgeBy(() => 'hold')
    await assertAborts(
      (signal) => client.orders.get(id, { signal }),
      () => proxy.seen.length >= 2,
    )

    proxy.judgeBy(() => ({ status: 503, headers: { 'retry-after': '30' } }))
    const count = proxy.seen.length
    await assertAborts(
      (signal) => client.orders.get(id, { signal }),
      () => proxy.seen.length > count,
    )

    proxy.judgeBy(() => undefined)
    let read = 0
    await assertAborts(
      (signal) =>
        open().orders.waitUntilSettled(id, {
          signal,
          until: () => ++read > 1_000,
          intervalMs: 60_000,
          maxIntervalMs: 60_000,
        }),
      () => read > 0,
    )
    await assertAborts(
      (signal) => client.products.get('desk', { signal }),
      () => true,
    )
  })

  async function assertAborts(call: (signal: AbortSignal) => Promise<unknown>, when: () => boolean) {
    const leaving = new AbortController()
    const began = performance.now()
    const called = call(leaving.signal)
    await assert.rejects(
      Promise.all([called, leaveAfter(leaving, when)]),
      (error) => error === leaving.signal.reason,
    )
    assert.ok(performance.now() - began < 10_000)
  }

  async function leaveAfter(controller: AbortController, when: () => boolean): Promise<void> {
    while (!when()) await new Promise((resolve) => setImmediate(resolve))
    controller.abort()
  }
})
