import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { Sql } from 'postgres'
import { assertProblem } from '../support/assert-problem.ts'
import {
  type FakePayment,
  type FakeWarehouse,
  startFakePayment,
  startFakeWarehouse,
} from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { PATIENT_WITH_WAREHOUSE, type ServiceProcess, startService } from '../support/service.ts'
import { basket, bodyOf, connect, place, stock, tokenOf, V2 } from '../support/shop.ts'

const V1 = 'application/vnd.holdfast.order+json; version=1'

suite('Placing an order', () => {
  const lifetime = lifetimeOfSuite()
  let { api, operations }: Partial<ServiceProcess> = {}
  let payment: FakePayment
  let warehouse: FakeWarehouse
  let warehouseStatus = 200
  let sql: Sql
  let token: string

  before(async () => {
    const databaseUrl = await createDatabase(lifetime)
    sql = connect(lifetime, databaseUrl)
    payment = await startFakePayment(lifetime)
    warehouse = await startFakeWarehouse(lifetime, { status: () => warehouseStatus })
    const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
    ;({ api, operations } = await startService(lifetime, parts, PATIENT_WITH_WAREHOUSE))
    token = await tokenOf('ada')
    await stock(sql, { pen: 1000, ink: 1000, rare: 2 })
    await sql`insert into products (id, name, price, currency, stock) values ('free', 'A sticker', 0, 'USD', 10)`
  })

  const send = (body: unknown, key: string, headers: Record<string, string> = {}) =>
    place(api ?? '', body, { key, token, headers })
  const stockOf = async (id: string) => (await sql`select stock from products where id = ${id}`)[0]?.stock

  test('A charged order is 201, with where it is, what it is, and the stock taken', async () => {
    const body = {
      items: [
        { productId: 'pen', quantity: 2 },
        { productId: 'ink', quantity: 1 },
      ],
      paymentToken: 'pm_card_visa',
      note: 'Ring twice 🔔',
      metadata: { campaign: 'spring' },
      shippingAddress: { name: 'Ada', line1: '1 High St', city: 'London', postalCode: 'N1', country: 'GB' },
    }
    const answer = await send(body, 'whole')
    const order = await bodyOf(answer)

    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('location'), `/orders/${order.id}`)
    assert.equal(answer.headers.get('content-type'), V2)
    assert.equal(answer.headers.get('api-version'), '2')
    assert.equal(answer.headers.get('cache-control'), 'private, no-cache')
    assert.match(answer.headers.get('etag') ?? '', /^"[^"]+"$/)
    assert.match(order.id, /^ord_[0-7][0-9a-z]{25}$/)
    assert.deepEqual(order.items[0], {
      productId: 'pen',
      name: 'The pen',
      quantity: 2,
      unitPrice: { amount: 1000, currency: 'USD' },
      subtotal: { amount: 2000, currency: 'USD' },
    })
    assert.deepEqual(order.total, { amount: 3000, currency: 'USD' })
    assert.equal(order.status, 'paid')
    assert.equal(order.payment.status, 'captured')
    assert.equal(order.note, body.note)
    assert.deepEqual(order.metadata, body.metadata)
    assert.deepEqual(order.shippingAddress, body.shippingAddress)
    assert.deepEqual(order._links.cancel, { href: `/orders/${order.id}/cancel` })
    assert.equal(payment.taken(order.id), 1)
    assert.deepEqual(warehouse.reservations.get(order.id), body.items)

    const read = await fetch(`${api}/orders/${order.id}`, {
      headers: { authorization: `Bearer ${token}`, accept: V2 },
    })
    assert.deepEqual(await bodyOf(read), order)
    assert.equal(read.headers.get('etag'), answer.headers.get('etag'))
  })

  test('Version 1 orders one product, in minor units, and knows whose it is', async () => {
    const headers = { 'content-type': V1, accept: 'application/json' }
    const body = { productId: 'pen', quantity: 3, paymentToken: 'pm_card_visa', userId: 'ada' }
    const answer = await send(body, 'v1', headers)
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    const { id, createdAt, ...order } = await bodyOf(answer)
    assert.deepEqual(order, { userId: 'ada', status: 'paid', total: 3000 })
    assert.ok(id !== undefined && new Date(createdAt).toISOString() === createdAt)
  })

  test('A userId that is somebody else is forbidden', async () => {
    const body = { productId: 'pen', quantity: 1, paymentToken: 'pm_card_visa', userId: 'bob' }
    await assertProblem(await send(body, 'other', { 'content-type': V1, accept: V1 }), { slug: 'forbidden' })
  })

  test('The same key and body give the same bytes, in either form of the key; another body is refused', async () => {
    const first = await send(basket('pen'), 'again')
    const second = await send(basket('pen'), 'again', { 'idempotency-key': 'again' })
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    assert.equal(await first.text(), await second.text())
    for (const name of ['content-type', 'location', 'etag', 'api-version', 'cache-control', 'vary']) {
      assert.equal(first.headers.get(name), second.headers.get(name), name)
    }
    await assertProblem(await send(basket('pen', 2), 'again'), { slug: 'idempotency-key-reused' })
    await assertProblem(await send(basket('pen'), 'again', { accept: V1 }), {
      slug: 'idempotency-key-reused',
    })
  })

  test('A key belongs to its principal', async () => {
    const other = await place(api ?? '', basket('pen'), { key: 'again', token: await tokenOf('grace') })
    assert.equal(other.status, 201)
    assert.equal(other.headers.get('idempotency-replayed'), null)
  })

  test('A declined card is 402, says why, puts the stock back, and says the same again', async () => {
    const left = await stockOf('ink')
    const body = { ...basket('ink', 5), paymentToken: 'pm_card_visa_chargeDeclined' }
    const first = await send(body, 'declined')
    const problem = await assertProblem(first, { slug: 'payment-declined' })
    assert.equal(problem.declineCode, 'generic_decline')
    assert.equal(await stockOf('ink'), left)

    const second = await send(body, 'declined', { 'x-request-id': 'the-second' })
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    assert.equal(second.headers.get('x-request-id'), 'the-second')
    assert.deepEqual(
      await assertProblem(second, { slug: 'payment-declined', instance: String(problem.instance) }),
      problem,
    )

    const order = await fetch(`${api}/orders/${problem.orderId}`, {
      headers: { authorization: `Bearer ${token}`, accept: V2 },
    })
    const { status, payment: paid } = await bodyOf(order)
    assert.equal(status, 'payment_failed')
    assert.deepEqual(paid, { status: 'declined', declineCode: 'generic_decline' })
  })

  test('Too little stock names every short line, changes nothing, and leaves the key free', async () => {
    const items = [
      { productId: 'rare', quantity: 3 },
      { productId: 'pen', quantity: 1 },
      { productId: 'rare', quantity: 2 },
      { productId: 'free', quantity: 11 },
    ]
    const left = await stockOf('pen')
    const refusal = await send({ items, paymentToken: 'pm_card_visa' }, 'short')
    await assertProblem(refusal, {
      slug: 'insufficient-stock',
      extensions: {
        items: [
          { productId: 'rare', requested: 5, available: 2 },
          { productId: 'free', requested: 11, available: 10 },
        ],
      },
    })
    assert.equal(await stockOf('pen'), left)
    assert.equal((await send(basket('rare'), 'short')).status, 201, 'the key was not used up')
  })

  test('An unknown product is 404, with a pointer at each line that names it', async () => {
    const items = [
      { productId: 'pen', quantity: 1 },
      { productId: 'nope', quantity: 1 },
      { productId: 'nope', quantity: 1 },
    ]
    const problem = await assertProblem(await send({ items, paymentToken: 'pm_card_visa' }, 'unknown'), {
      slug: 'not-found',
    })
    assert.deepEqual(
      (problem.errors as { pointer: string }[]).map(({ pointer }) => pointer),
      ['#/items/1/productId', '#/items/2/productId'],
    )
    assert.equal((await send(basket('pen'), 'unknown')).status, 201, 'the key was not used up')
  })

  test('A product that is still priced in another currency is not for sale until it is put in again', async () => {
    await sql`insert into products (id, name, price, currency, stock) values ('euro', 'A euro', 700, 'EUR', 5)`
    const left = await stockOf('pen')
    const items = [
      { productId: 'pen', quantity: 1 },
      { productId: 'euro', quantity: 1 },
    ]
    await assertProblem(await fetch(`${api}/products/euro`), { slug: 'not-found' })
    const refusal = await assertProblem(await send({ items, paymentToken: 'pm_card_visa' }, 'foreign'), {
      slug: 'not-found',
    })
    assert.deepEqual(
      (refusal.errors as { pointer: string }[]).map(({ pointer }) => pointer),
      ['#/items/1/productId'],
    )
    assert.deepEqual([await stockOf('pen'), await stockOf('euro')], [left, 5])

    const body = JSON.stringify({ name: 'A euro', price: { amount: 800, currency: 'USD' }, stock: 5 })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${operations}/products/euro`, { method: 'PUT', headers, body })
    const shown = await fetch(`${api}/products/euro`, { headers: { 'accept-version': '2' } })
    const order = await bodyOf(await send(basket('euro'), 'foreign'))
    assert.deepEqual(order.total, (await bodyOf(shown)).price)
    assert.deepEqual(order.total, { amount: 800, currency: 'USD' })
  })

  test('An order of total 0 is paid without a charge', async () => {
    const charges = payment.charges.size
    const order = await bodyOf(await send(basket('free'), 'free'))
    assert.equal(order.status, 'paid')
    assert.equal(payment.charges.size, charges)
  })

  test('Goods that the warehouse does not have are a 409 that is remembered, and nothing is charged', async () => {
    const [left, charges] = [await stockOf('ink'), payment.charges.size]
    warehouseStatus = 409
    const first = await send(basket('ink', 7), 'warehouse')
    warehouseStatus = 200
    const problem = await assertProblem(first, {
      slug: 'insufficient-stock',
      extensions: { items: [{ productId: 'ink', requested: 7, available: 0 }] },
    })
    const second = await send(basket('ink', 7), 'warehouse')
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    await assertProblem(second, { slug: 'insufficient-stock', instance: String(problem.instance) })
    assert.equal(await stockOf('ink'), left)
    assert.equal(payment.charges.size, charges)
  })

  test('Lines that name one product are summed, and the sum is bound by 999 too', async () => {
    const line = { productId: 'pen', quantity: 500 }
    const refusal = await send({ items: [line, line], paymentToken: 'pm_card_visa', note: 7 }, 'sum')
    const problem = await assertProblem(refusal, { slug: 'validation-failed' })
    const pointers = (problem.errors as { pointer: string }[]).map(({ pointer }) => pointer)
    assert.deepEqual(pointers.sort(), ['#/items/1/quantity', '#/note'], 'told with all else that is wrong')

    const small = { productId: 'pen', quantity: 2 }
    const order = await bodyOf(await send({ items: [small, small], paymentToken: 'pm_card_visa' }, 'sum'))
    assert.deepEqual(
      order.items.map((item: { quantity: number }) => item.quantity),
      [4],
    )
  })

  test('Every violation of a body is told at once, and leaves nothing behind', async () => {
    const bad = { items: [{ productId: 'a b', quantity: 0, colour: 1 }], note: 7, metadata: { k: 1 } }
    const problem = await assertProblem(await send(bad, 'bad'), { slug: 'validation-failed' })
    const pointers = (problem.errors as { pointer: string; in: string }[])
      .map(({ pointer }) => pointer)
      .sort()
    assert.deepEqual(pointers, [
      '#/items/0/colour',
      '#/items/0/productId',
      '#/items/0/quantity',
      '#/metadata/k',
      '#/note',
      '#/paymentToken',
    ])
    const left = await sql`select from idempotency_keys where key in ('bad', 'sum2')`
    assert.equal(left.length, 0)
  })

  test('No metadata has a name that leads to what all objects share', async () => {
    const metadata = { a: '1', constructor: 'x', prototype: 'y' }
    const { errors } = await assertProblem(await send({ ...basket('pen'), metadata }, 'names'), {
      slug: 'validation-failed',
    })
    const detail = 'has a name that no member may have'
    assert.deepEqual(errors, [
      { pointer: '#/metadata/constructor', in: 'body', detail },
      { pointer: '#/metadata/prototype', in: 'body', detail },
    ])
  })

  test('A missing or malformed key is 400 and leads to the page that explains it', async () => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': V2, accept: V2 }
    const body = JSON.stringify(basket('pen'))
    const missing = await fetch(`${api}/orders`, { method: 'POST', headers, body })
    await assertProblem(missing, { slug: 'idempotency-key-missing', headers: { link: /rel="describedby"/ } })
    for (const key of ['"unclosed', 'two words', '""', '"ü"', 'x'.repeat(256)]) {
      const encoded = Buffer.from(key).toString('latin1')
      await assertProblem(await send(basket('pen'), key, { 'idempotency-key': encoded }), {
        slug: 'idempotency-key-invalid',
        headers: { link: /rel="describedby"/ },
      })
    }
  })

  test("Somebody else's order, and one that cannot be, are not found", async () => {
    const { id } = await bodyOf(await send(basket('pen'), 'private'))
    const asStranger = { headers: { authorization: `Bearer ${await tokenOf('mallory')}` } }
    await assertProblem(await fetch(`${api}/orders/${id}`, asStranger), { slug: 'not-found' })
    // Of the right letters, but with the version or the variant of another UUID, or of none.
    const [version, variant] = [14, 17]
    const changed = (at: number, digit: string) => `${id.slice(0, at)}${digit}${id.slice(at + 1)}`
    const others = [...'0dg'].map((digit) => changed(version, digit))
    const noVariant = [...'0cgy'].map((digit) => changed(variant, digit))
    const malformed = ['ord_', `${id}x`, id.toUpperCase(), 'ord_zzzzzzzzzzzzzzzzzzzzzzzzzz', '%00']
    for (const wrong of [...malformed, ...others, ...noVariant]) {
      await assertProblem(await fetch(`${api}/orders/${wrong}`, asStranger), { slug: 'not-found' })
    }
  })
})
