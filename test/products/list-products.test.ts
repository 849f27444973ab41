import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LightMyRequestResponse } from 'fastify'
import { createCursors } from '#plugins/cursor.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { startProductService } from './product-service.ts'

const V2 = { accept: 'application/vnd.holdfast.product-list+json; version=2' }
const product = (id: string) => ({ id, name: id, description: '', price: 100, currency: 'USD', stock: 1 })
const ids = (count: number) =>
  Array.from({ length: count }, (_, index) => `p-${String(index).padStart(3, '0')}`)

test('an empty catalogue is an empty list in either version', async (t) => {
  const { app } = await startProductService(t)
  const v1 = await app.inject({ url: '/products' })
  assert.deepEqual(v1.json(), [])
  assert.equal(
    v1.headers['cache-control'],
    'public, max-age=60, stale-while-revalidate=30, stale-if-error=600',
  )
  const v2 = await app.inject({ url: '/products', headers: V2 })
  assert.deepEqual(v2.json(), { items: [], _links: { self: { href: '/products?limit=20' } } })
  assert.equal(v2.headers.link, undefined)
  assert.notEqual(v1.headers.etag, v2.headers.etag)
})

test('following next visits every product once, while others are added', async (t) => {
  const { app, store } = await startProductService(t)
  await store.putMany(ids(25).map(product))
  const seen: string[] = []
  let url: string | undefined = '/products?limit=10'
  while (url !== undefined) {
    const page: LightMyRequestResponse = await app.inject({ url, headers: V2 })
    assert.equal(page.statusCode, 200)
    const { items, nextCursor, _links } = page.json()
    seen.push(...items.map(({ id }: { id: string }) => id))
    assert.equal(_links.self.href, url)
    url = _links.next?.href
    if (url === undefined) assert.equal(nextCursor, undefined)
    else {
      assert.equal(url, `/products?limit=10&cursor=${nextCursor}`)
      assert.equal(page.headers.link, `<${url}>; rel="next"`)
    }
    await store.put(product(`a-${seen.length}`))
  }
  assert.deepEqual(seen, ids(25))
})

test('version 1 is a bare array, whose next page stands in Link beside its deprecation', async (t) => {
  const { app, store } = await startProductService(t)
  await store.putMany(ids(3).map(product))
  const page = await app.inject({ url: '/products?limit=2' })
  assert.equal(page.json().length, 2)
  assert.match(
    String(page.headers.link),
    /rel="deprecation", <\/products\?limit=2&cursor=[\w-]+>; rel="next"$/,
  )
})

test('a page whose last product is the last of all has no next', async (t) => {
  const { app, store } = await startProductService(t)
  await store.putMany(ids(2).map(product))
  assert.equal((await app.inject({ url: '/products?limit=2', headers: V2 })).json().nextCursor, undefined)
})

test('a product that is priced in another currency is neither shown nor counted', async (t) => {
  const { app, store } = await startProductService(t)
  await store.putMany(ids(4).map(product))
  for (const id of ['p-001', 'p-003']) await store.put({ ...product(id), currency: 'EUR' })
  const first = await app.inject({ url: '/products?limit=1', headers: V2 })
  const second = await app.inject({ url: first.json()._links.next.href, headers: V2 })
  const shown = [first, second].flatMap((page) => page.json().items.map(({ id }: { id: string }) => id))
  assert.deepEqual(shown, ['p-000', 'p-002'])
  assert.equal(second.json().nextCursor, undefined)
  await assertProblem(await app.inject({ url: '/products/p-001' }), { slug: 'not-found' })
})

test('who has the page already gets 304, until one of its products changes', async (t) => {
  const { app, store, cache } = await startProductService(t)
  await store.putMany(ids(2).map(product))
  const { etag } = (await app.inject({ url: '/products' })).headers
  const again = () => app.inject({ url: '/products', headers: { 'if-none-match': String(etag) } })
  assert.equal((await again()).statusCode, 304)
  await store.put({ ...product('p-000'), stock: 0 })
  cache.invalidate(['p-000'])
  assert.equal((await again()).statusCode, 200)
})

const foreign = createCursors('another secret').seal('p-000', 'GET /products')
for (const [query, pointer] of [
  ['limit=0', '#/limit'],
  ['limit=101', '#/limit'],
  ['limit=ten', '#/limit'],
  ['limit=1&limit=2', '#/limit'],
  ['cursor=', '#/cursor'],
  ['cursor=abc', '#/cursor'],
  [`cursor=${foreign}`, '#/cursor'],
] as const) {
  test(`?${query} is refused`, async (t) => {
    const { app } = await startProductService(t)
    const body = await assertProblem(await app.inject({ url: `/products?${query}` }), {
      slug: 'validation-failed',
    })
    assert.ok(Array.isArray(body.errors) && body.errors.length === 1)
    assert.equal(body.errors[0].pointer, pointer)
    assert.equal(body.errors[0].in, 'query')
  })
}

test('unknown parameters are passed over', async (t) => {
  const { app } = await startProductService(t)
  assert.equal((await app.inject({ url: '/products?sort=price' })).statusCode, 200)
})
