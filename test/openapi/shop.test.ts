import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { JSON_PATCH, MERGE_PATCH, openShop, patching, type ShopFront } from '../orders/shop-front.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { stock } from '../support/shop.ts'
import { type Answer, assertDocumented } from './assert-documented.ts'
import { resolve } from './document.ts'

/** What the document shows a client to send. */
const exampleOf = (name: string) => resolve({ $ref: `#/components/examples/${name}` }).value

suite('Whoever sends what the document shows', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront
  let orders = 0

  before(async () => {
    const env = { API_V1_DEPRECATION: '2026-01-31', API_V1_SUNSET: '2099-01-31' }
    shop = await openShop(lifetime, { env })
    await stock(shop.sql, { 'desk-walnut': 100 })
  })

  /** Asks in a version, and holds what comes back against the document. */
  async function ask(
    operation: string,
    status: number,
    version: number,
    { path, headers, body }: { path?: string; headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<Answer> {
    const [method = '', template = ''] = operation.split(' ')
    const answer = await shop.ask(method, path ?? template, {
      headers: { accept: `application/vnd.holdfast+json; version=${version}`, ...headers },
      body,
    })
    const read = { status: answer.status, headers: answer.headers, text: await answer.text() }
    assert.equal(read.status, status, read.text)
    assertDocumented(operation, read)
    return read
  }

  async function place(version: number) {
    const key = `documented-${orders++}`
    const headers = {
      'content-type': `application/vnd.holdfast.order+json; version=${version}`,
      'idempotency-key': key,
    }
    const body = exampleOf(`CreateOrderV${version}`)
    const answer = await ask('POST /orders', 201, version, { headers, body })
    const { id } = JSON.parse(answer.text)
    return { path: `/orders/${id}`, etag: answer.headers.get('etag') ?? '', headers, body }
  }

  for (const version of [1, 2]) {
    test(`reads products in version ${version} as documented`, async () => {
      for (const [operation, path] of [
        ['GET /products', '/products?limit=1'],
        ['GET /products/{id}', '/products/desk-walnut'],
      ] as const) {
        const { headers } = await ask(operation, 200, version, { path })
        const etag = headers.get('etag') ?? ''
        await ask(operation, 304, version, { path, headers: { 'if-none-match': etag } })
      }
      await ask('GET /products/{id}', 404, version, { path: '/products/none' })
    })

    test(`orders in version ${version} as documented`, async () => {
      const { path, etag, headers, body } = await place(version)
      const replay = await ask('POST /orders', 201, version, { headers, body })
      assert.equal(replay.headers.get('idempotency-replayed'), 'true')
      const plain = { ...headers, accept: 'application/json', 'accept-version': `${version}` }
      await ask('POST /orders', 422, version, {
        headers,
        body: { ...Object(body), paymentToken: 'pm_other' },
      })
      await ask('POST /orders', 201, version, {
        headers: { ...plain, 'content-type': 'application/json', 'idempotency-key': `plain-${version}` },
        body,
      })

      await ask('GET /orders', 200, version, { path: '/orders?limit=1&status=paid' })
      await ask('GET /orders/{id}', 200, version, { path })
      await ask('GET /orders/{id}', 200, version, { path, headers: plain })
      await ask('GET /orders/{id}', 304, version, { path, headers: { 'if-none-match': etag } })
      await ask('POST /orders/{id}/cancel', 200, version, { path: `${path}/cancel` })
      const closed = { path, headers: patching('*'), body: exampleOf('OrderMergePatch') }
      await ask('PATCH /orders/{id}', 409, version, closed)
    })

    test(`changes themselves in version ${version} as documented`, async () => {
      const { headers } = await ask('GET /users/me', 200, version)
      const etag = headers.get('etag') ?? ''
      await ask('GET /users/me', 304, version, { headers: { 'if-none-match': etag } })
      const merge = { headers: patching(etag, MERGE_PATCH), body: exampleOf('UserMergePatch') }
      await ask('PATCH /users/me', 200, version, merge)
      const avatar = { headers: patching('*', MERGE_PATCH), body: { avatarUrl: 'https://shop.test/ada.png' } }
      await ask('PATCH /users/me', 200, version, avatar)
      const operations = { headers: patching('*', JSON_PATCH), body: exampleOf('UserJsonPatch') }
      await ask('PATCH /users/me', 200, version, operations)
      await ask('PATCH /users/me', 412, version, { ...operations, headers: patching('"old"', JSON_PATCH) })
      await ask('PATCH /users/me', 422, version, { headers: patching('*'), body: { avatarUrl: 'ftp://a' } })
    })
  }

  test('changes an order by either form of a patch', async () => {
    for (const [type, name] of [
      [JSON_PATCH, 'OrderJsonPatch'],
      [MERGE_PATCH, 'OrderMergePatch'],
    ] as const) {
      const { path, etag } = await place(2)
      const body = exampleOf(name)
      const changed = await ask('PATCH /orders/{id}', 200, 2, { path, headers: patching(etag, type), body })
      const { note, shippingAddress } = Object(exampleOf('ChangedOrderV2'))
      const made = JSON.parse(changed.text)
      assert.deepEqual([made.note, made.shippingAddress], [note, shippingAddress])
      await ask('PATCH /orders/{id}', 412, 2, { path, headers: patching(etag, type), body })
      await ask('PATCH /orders/{id}', 428, 2, { path, headers: { 'content-type': type }, body })
    }
  })

  test('is refused as documented', async () => {
    const line = (productId: string, quantity: number) => ({
      items: [{ productId, quantity }],
      paymentToken: 'pm_card_visa',
    })
    const headers = {
      'content-type': 'application/json',
      'accept-version': '2',
      'idempotency-key': 'refused',
    }
    await ask('POST /orders', 404, 2, { headers, body: line('none', 1) })
    await ask('POST /orders', 409, 2, { headers, body: line('desk-walnut', 999) })
    await ask('POST /orders', 400, 2, { headers, body: line('desk-walnut', 0) })
    await ask('POST /orders', 400, 2, { headers, body: '{"items":' })
    const { path } = await place(2)
    const body = [{ op: 'test', path: '/note', value: 'another one' }]
    await ask('PATCH /orders/{id}', 409, 2, { path, headers: patching('*', JSON_PATCH), body })
    await ask('PATCH /orders/{id}', 422, 2, { path, headers: patching('*'), body: { status: 'paid' } })
    await ask('PATCH /orders/{id}', 400, 2, {
      path,
      headers: patching('*', JSON_PATCH),
      body: [{ op: 'fly' }],
    })
  })
})
