import assert from 'node:assert/strict'
import { before, describe, type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Attempt,
  type Client,
  type ClientOptions,
  createClient,
  isFinal,
  isProblem,
  type KeyStore,
  keysInMemory,
  UnexpectedAnswerError,
} from '../../../clients/typescript/src/client.ts'
import { openShop, type ShopFront } from '../../orders/shop-front.ts'
import { lifetimeOfSuite } from '../../support/lifetime.ts'
import { standStill, tokenOf } from '../../support/shop.ts'
import { type Fault, type FaultyProxy, startFaultyProxy } from '../faulty-proxy.ts'

const order = { items: [{ productId: 'desk', quantity: 1 }], paymentToken: 'pm_card_visa' }
const json = { 'content-type': 'application/json' }
const html = { 'content-type': 'text/html' }
const never = () => new Promise<never>(() => {})

describe('The client, between strangers', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  async function customer(t: TestContext, over: Partial<ClientOptions<2>> = {}) {
    const proxy = await startFaultyProxy(t, shop.service.api)
    const token = await tokenOf(t.name.replaceAll(/\W+/g, '-').slice(0, 99))
    const retry = { baseDelayMs: 1, maxDelayMs: 5, deadlineMs: 10_000 }
    return { proxy, client: createClient({ baseUrl: proxy.url, version: 2, token, retry, ...over }) }
  }

  const keysAt = ({ seen }: FaultyProxy) => new Set(seen.map(({ headers }) => headers['idempotency-key']))

  const pages: [string, string][] = [
    ['what some portal says', '{"message":"accepted"}'],
    ['an order in no version', '{"id":"ord_01h455vb4pex5vsknk084sn02q","status":"paid"}'],
    ['a list', '[]'],
    ['nothing', 'null'],
  ]
  for (const [what, body] of pages) {
    test(`A success that is ${what} is no order, and its key is kept`, async (t) => {
      const { proxy, client } = await customer(t)
      proxy.strike({ status: 200, headers: json, body })
      await assert.rejects(client.orders.place(order), (error) => {
        assert.ok(error instanceof UnexpectedAnswerError)
        return error.attempts === 1 && !isFinal(error)
      })
      assert.equal((await client.orders.place(order)).status, 'paid')
      assert.equal(keysAt(proxy).size, 1)
    })
  }

  const final: [string, Fault][] = [
    ['The page of a wrong address', { status: 404, headers: html, body: '<h1>Not found</h1>' }],
    ['The page of a firewall', { status: 403, headers: html, body: '<h1>No</h1>' }],
    ['The page of a portal', { status: 200, headers: html, body: '<h1>Hello</h1>' }],
    ['A redirect to one', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
  ]
  for (const [what, fault] of final) {
    test(`${what} is told of at once`, async (t) => {
      const { proxy, client } = await customer(t)
      proxy.judgeBy(() => fault)
      await assert.rejects(client.orders.place(order), { name: 'UnexpectedAnswerError', attempts: 1 })
      assert.equal(proxy.seen.length, 1)
    })
  }

  test('Every 5xx is asked again, whoever it is of', async (t) => {
    const { proxy, client } = await customer(t)
    const statuses = [500, 501, 502, 503, 504, 508, 520, 522]
    proxy.strike(...statuses.map((status) => ({ status, headers: json, body: '{}' })))
    assert.equal((await client.orders.place(order)).status, 'paid')
    assert.equal(proxy.seen.length, statuses.length + 1)
  })

  const hanging: KeyStore = { get: never, set: never, delete: never }
  const forgetting: KeyStore = { ...keysInMemory(), delete: never }
  const waits: [string, Partial<ClientOptions<2>>][] = [
    ['a token', { token: never }],
    ['the store of keys', { keys: hanging }],
    ['the store to forget a key', { keys: forgetting }],
  ]
  for (const [what, over] of waits) {
    test(`Waiting for ${what} ends with the signal, and with the time there is`, async (t) => {
      const { client } = await customer(t, {
        ...over,
        retry: { attemptTimeoutMs: 200, deadlineMs: 300, maxAttempts: 1 },
      })
      await assert.rejects(client.orders.place(order), { name: 'TimeoutError' })
      const patient = await customer(t, over)
      const leaving = new AbortController()
      setTimeout(() => leaving.abort(), 200)
      await assertAborted(patient.client, leaving)
    })
  }

  test('A pause that no timer can wait for is not left out', async (t) => {
    const leaving = new AbortController()
    const { proxy, client } = await customer(t, {
      retry: { deadlineMs: Number.POSITIVE_INFINITY },
      onAttempt: () => setTimeout(() => leaving.abort(), 300),
    })
    proxy.judgeBy(() => ({ status: 503, headers: { 'retry-after': '2592000' } }))
    await assertAborted(client, leaving)
    assert.equal(proxy.seen.length, 1)
  })

  test('Who oversleeps a pause sends nothing past the deadline, and hears of the last failure', async (t) => {
    const { proxy, client } = await customer(t, {
      retry: { deadlineMs: 3_000, baseDelayMs: 100, random: () => 1 },
      // As in a frozen tab, nothing runs until long after the pause.
      onAttempt: () => setImmediate(() => standStill(3_500)),
    })
    proxy.judgeBy(() => ({ status: 503 }))
    await assert.rejects(client.orders.place(order), { name: 'UnexpectedAnswerError', attempts: 1 })
    assert.equal(proxy.seen.length, 1)
  })

  test('What is sent with a fresh token is an attempt that is counted, and takes none away', async (t) => {
    const good = await tokenOf('counted')
    const attempts: Attempt[] = []
    const { proxy, client } = await customer(t, {
      token: (refused) => (refused === undefined ? 'stale' : good),
      retry: { baseDelayMs: 1, maxAttempts: 2 },
      onAttempt: (attempt) => attempts.push(attempt),
    })
    const said = () => attempts.splice(0).map(({ number, status }) => [number, status])
    const twice = [{ status: 401 }, { status: 503 }, { status: 401 }]

    proxy.strike(...twice)
    assert.equal((await client.orders.place(order)).status, 'paid')
    assert.deepEqual(said(), [
      [1, 401],
      [2, 503],
      [3, 401],
      [4, 201],
    ])

    proxy.strike(...twice, { status: 503 })
    await assert.rejects(client.orders.place(order), { name: 'UnexpectedAnswerError', attempts: 4 })
    assert.deepEqual(said(), [
      [1, 401],
      [2, 503],
      [3, 401],
      [4, 503],
    ])
    assert.equal(proxy.seen.length, 8)
  })

  test('A fresh token that comes when its attempt was given up sends nothing', async (t) => {
    const leaving = new AbortController()
    const late = Promise.withResolvers<string>()
    const statuses: unknown[] = []
    const { proxy, client } = await customer(t, {
      token: (refused) => {
        if (refused === undefined) return 'stale'
        leaving.abort()
        return late.promise
      },
      onAttempt: ({ status }) => statuses.push(status),
    })
    proxy.strike({ status: 401 })
    await assertAborted(client, leaving)
    late.resolve('fresh')
    await nextTurn()
    assert.deepEqual(statuses, [401])
    assert.equal(proxy.seen.length, 1)
  })

  for (const key of ['plain', 'with a space', 'a"b', 'a\\b', '"quoted"', '~'.repeat(255)]) {
    test(`${JSON.stringify(key).slice(0, 20)} is a key of one's own, one for one order`, async (t) => {
      const { proxy, client } = await customer(t)
      const placed = await client.orders.place(order, { key })
      assert.deepEqual(await client.orders.place(order, { key }), placed)
      const said = JSON.parse(String(proxy.seen[0]?.headers['idempotency-key']))
      assert.equal(said, key)
    })
  }

  test('A key that no header can carry is refused at once', async (t) => {
    const { proxy, client } = await customer(t)
    for (const key of ['', 'ключ', 'é', 'a\nb', 'a\0b', '\x7f', 'x'.repeat(256)]) {
      await assert.rejects(client.orders.place(order, { key }), TypeError)
    }
    assert.equal(proxy.seen.length, 0)
  })

  test('A refusal of what stands in the order is final', async (t) => {
    const { proxy, client } = await customer(t)
    for (const note of ['a\0b', '\ud800', 'x'.repeat(1_001), 'x'.repeat(300_000)]) {
      await assert.rejects(client.orders.place({ ...order, note }), isFinal)
      await assert.rejects(client.orders.place({ ...order, note }), isFinal)
    }
    assert.equal(proxy.seen.length, 8)
    assert.equal(keysAt(proxy).size, 8)
  })

  test('A refusal of what did not arrive as it was sent is not final', async (t) => {
    const { proxy, client } = await customer(t)
    const problem = { type: '/problems/malformed-request', title: '', status: 400, detail: 'It is empty.' }
    proxy.strike('lose-response', { status: 400, headers: json, body: JSON.stringify(problem) })
    await assert.rejects(
      client.orders.place(order),
      (error) => isProblem(error, 'malformed-request') && !isFinal(error),
    )
    assert.equal((await client.orders.place(order)).status, 'paid')
    assert.equal(keysAt(proxy).size, 1)
  })

  async function assertAborted(client: Client<2>, leaving: AbortController): Promise<void> {
    await assert.rejects(
      client.orders.place(order, { signal: leaving.signal }),
      (error) => error === leaving.signal.reason,
    )
  }
})
