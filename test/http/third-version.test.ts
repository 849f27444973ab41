import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { type Static, Type } from 'typebox'
import type { Order } from '#src/orders/order.ts'
import { createSchemaV2, itemPointerV2, readV2 } from '#src/orders/v2.ts'
import { defineVersion as defineOrderVersion, orderVersions, type PageLinks } from '#src/orders/versions.ts'
import type { Product, ProductPage } from '#src/products/product.ts'
import { defineVersion as defineProductVersion, productVersions } from '#src/products/versions.ts'
import { openShop, patching, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { basket, bodyOf } from '../support/shop.ts'
import { listenInProcess } from './in-process.ts'

const type = (resource: string, version: number) =>
  `application/vnd.holdfast.${resource}+json; version=${version}`

/** Money as a decimal text, in a file that somebody else might have written. */
const decimal = (amount: number, currency: string) => `${(amount / 100).toFixed(2)} ${currency}`

const OrderV3 = Type.Object({ id: Type.String(), status: Type.String(), total: Type.String() })
const presentOrder = ({ id, status, total, currency }: Order): Static<typeof OrderV3> => ({
  id,
  status,
  total: decimal(total, currency),
})
const ordersV3 = defineOrderVersion({
  schemas: { create: createSchemaV2, order: OrderV3, list: Type.Object({ orders: Type.Array(OrderV3) }) },
  read: readV2,
  itemPointer: itemPointerV2,
  present: presentOrder,
  presentList: (orders: Order[], _page: PageLinks) => ({ orders: orders.map(presentOrder) }),
})

const ProductV3 = Type.Object({ id: Type.String(), price: Type.String() })
const presentProduct = ({ id, price, currency }: Product): Static<typeof ProductV3> => ({
  id,
  price: decimal(price, currency),
})
const productsV3 = defineProductVersion(
  3,
  ProductV3,
  presentProduct,
  Type.Object({ products: Type.Array(ProductV3) }),
  ({ items }: ProductPage) => ({ products: items.map(presentProduct) }),
)

suite('A third version, which is a file and a line', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  let api: string

  before(async () => {
    shop = await openShop(lifetime)
    api = await listenInProcess(lifetime, {
      env: {
        DATABASE_URL: shop.databaseUrl,
        PAYMENT_URL: shop.payment.url,
        INVENTORY_URL: shop.warehouse.url,
      },
      versions: { orders: { ...orderVersions, 3: ordersV3 }, products: [...productVersions, productsV3] },
    })
  })

  const place = (key: string, headers: Record<string, string>, body: object = basket('desk', 2)) =>
    shop.ask('POST', '/orders', {
      api,
      headers: {
        accept: type('order', 3),
        'content-type': type('order', 3),
        'idempotency-key': key,
        ...headers,
      },
      body,
    })

  test('is negotiated, places an order, and replays it byte for byte', async () => {
    const placed = await place('third', {})
    const text = await placed.text()
    assert.equal(placed.status, 201, text)
    assert.equal(placed.headers.get('content-type'), type('order', 3))
    assert.equal(placed.headers.get('api-version'), '3')
    const { id, ...order } = JSON.parse(text)
    assert.deepEqual(order, { status: 'paid', total: '20.00 USD' })

    const replayed = await place('third', {})
    assert.equal(replayed.headers.get('idempotency-replayed'), 'true')
    assert.equal(await replayed.text(), text)

    for (const headers of [
      { accept: type('order', 3) },
      { accept: 'application/json', 'accept-version': '3' },
      { accept: 'application/vnd.holdfast+json; version=3' },
    ]) {
      const read = await shop.ask('GET', `/orders/${id}`, { api, headers })
      assert.equal(await read.text(), text)
      assert.equal(read.headers.get('etag'), placed.headers.get('etag'))
    }
    const list = await bodyOf(
      await shop.ask('GET', '/orders', { api, headers: { accept: type('order-list', 3) } }),
    )
    assert.deepEqual(list, { orders: [{ id, ...order }] })
  })

  test('reads a body while another version answers, and the other way round', async () => {
    const asOne = await place('third-first', { accept: type('order', 1) })
    assert.equal((await bodyOf(asOne)).total, 2_000)
    const fromOne = await place(
      'first-third',
      { 'content-type': type('order', 1) },
      {
        productId: 'desk',
        quantity: 1,
        paymentToken: 'pm_card_visa',
      },
    )
    assert.equal((await bodyOf(fromOne)).total, '10.00 USD')
    const broken = await place('broken', {}, { items: [{ productId: 'desk', quantity: 0 }] })
    const { errors } = await assertProblem(broken, { slug: 'validation-failed' })
    assert.ok(Array.isArray(errors) && errors.some(({ pointer }) => pointer === '#/items/0/quantity'))
  })

  test('is patched, and its entity tag is that of no other', async () => {
    const { id, etag } = await shop.order()
    const headers = (ifMatch: string) => ({ accept: type('order', 3), ...patching(ifMatch) })
    const body = { note: 'third' }
    const other = await shop.ask('PATCH', `/orders/${id}`, { api, headers: headers(etag), body })
    const current = other.headers.get('etag') ?? ''
    await assertProblem(other, { slug: 'precondition-failed' })
    const patched = await shop.ask('PATCH', `/orders/${id}`, { api, headers: headers(current), body })
    assert.equal(patched.status, 200)
    assert.equal(patched.headers.get('content-type'), type('order', 3))
    assert.equal((await bodyOf(await shop.ask('GET', `/orders/${id}`, { api }))).note, 'third')
  })

  test('is what can be asked for where something else was', async () => {
    const available = (resource: string) => [
      ...[1, 2, 3].map((version) => type(resource, version)),
      'application/json',
    ]
    for (const [path, resource] of [
      ['/orders', 'order-list'],
      ['/products', 'product-list'],
      ['/products/desk', 'product'],
    ] as const) {
      const refused = await shop.ask('GET', path, { api, headers: { 'accept-version': '4' } })
      await assertProblem(refused, {
        slug: 'not-acceptable',
        extensions: { available: available(resource) },
      })
    }
    const unread = await place('unread', { 'content-type': type('order', 4) })
    await assertProblem(unread, {
      slug: 'unsupported-media-type',
      headers: {
        'accept-post': [
          ...available('order').slice(0, 3),
          'application/vnd.holdfast+json',
          'application/json',
        ].join(', '),
      },
    })
  })

  test('of products is read and revalidated', async () => {
    const headers = { accept: type('product', 3) }
    const read = await shop.ask('GET', '/products/desk', { api, headers })
    assert.deepEqual(await bodyOf(read), { id: 'desk', price: '10.00 USD' })
    const etag = read.headers.get('etag') ?? ''
    const again = (version: number) =>
      shop.ask('GET', '/products/desk', {
        api,
        headers: { accept: type('product', version), 'if-none-match': etag },
      })
    assert.equal((await again(3)).status, 304)
    assert.equal((await again(2)).status, 200)
    const list = await shop.ask('GET', '/products?limit=1', {
      api,
      headers: { accept: '*/*', 'accept-version': '3' },
    })
    assert.deepEqual(await bodyOf(list), { products: [{ id: 'desk', price: '10.00 USD' }] })
  })

  test('leaves a client that never asks with what it always got', async () => {
    const read = await shop.ask('GET', '/products/desk', { api, headers: { accept: '*/*' } })
    assert.equal(read.headers.get('api-version'), '1')
    assert.deepEqual(Object.keys(await bodyOf(read)), ['id', 'name', 'price', 'stock'])
  })
})
