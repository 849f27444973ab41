import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { startProductService } from './product-service.ts'

const desk = {
  id: 'desk-walnut',
  name: 'Walnut desk',
  description: 'Solid, "heavy"',
  price: 129900,
  currency: 'USD',
  stock: 2,
}
const V1 = 'application/vnd.holdfast.product+json; version=1'
const V2 = 'application/vnd.holdfast.product+json; version=2'
const url = '/products/desk-walnut'

test('each version has its own shape, media type and entity tag', async (t) => {
  const { app, store } = await startProductService(t)
  await store.put(desk)

  const v1 = await app.inject({ url, headers: { accept: V1 } })
  assert.equal(v1.statusCode, 200)
  assert.equal(v1.headers['content-type'], V1)
  assert.deepEqual(v1.json(), { id: 'desk-walnut', name: 'Walnut desk', price: 129900, stock: 2 })
  assert.equal(
    v1.headers['cache-control'],
    'public, max-age=60, stale-while-revalidate=30, stale-if-error=600',
  )
  assert.equal(v1.headers.vary, 'Accept, Accept-Version')
  assert.equal(v1.headers['api-version'], '1')
  assert.equal(v1.headers['cache-status'], undefined)

  const v2 = await app.inject({ url, headers: { accept: V2 } })
  assert.equal(v2.headers['content-type'], V2)
  assert.deepEqual(v2.json(), {
    id: 'desk-walnut',
    name: 'Walnut desk',
    description: 'Solid, "heavy"',
    price: { amount: 129900, currency: 'USD' },
    availability: { inStock: true, quantity: 2 },
    _links: { self: { href: '/products/desk-walnut' } },
  })
  assert.notEqual(v1.headers.etag, v2.headers.etag)
  assert.match(String(v2.headers.etag), /^"[\x21\x23-\x7e]+"$/)

  const plain = await app.inject({ url })
  assert.equal(plain.headers['content-type'], 'application/json; charset=utf-8')
  assert.equal(plain.body, v1.body)
})

test('who has it already gets 304 with the headers of the 200', async (t) => {
  const { app, store } = await startProductService(t)
  await store.put(desk)
  const first = await app.inject({ url, headers: { accept: V2 } })
  const headers = { accept: V2, 'if-none-match': `"other", W/${first.headers.etag}` }
  const second = await app.inject({ url, headers })
  assert.equal(second.statusCode, 304)
  assert.equal(second.body, '')
  for (const name of ['etag', 'vary', 'cache-control', 'api-version']) {
    assert.equal(second.headers[name], first.headers[name], name)
  }
  const otherVersion = await app.inject({ url, headers: { ...headers, accept: V1 } })
  assert.equal(otherVersion.statusCode, 200)
})

test('HEAD answers as GET does, without the bytes', async (t) => {
  const { app, store } = await startProductService(t)
  await store.put(desk)
  const get = await app.inject({ url })
  const head = await app.inject({ url, method: 'HEAD' })
  assert.equal(head.statusCode, 200)
  assert.equal(head.body, '')
  assert.equal(head.headers.etag, get.headers.etag)
  assert.equal(head.headers['content-length'], get.headers['content-length'])
})

for (const id of ['unknown', 'a%20b', '%C3%A4', 'x'.repeat(65), 'x'.repeat(400), '__proto__', '%00']) {
  test(`${id.slice(0, 70)} is not found`, async (t) => {
    const { app } = await startProductService(t)
    await assertProblem(await app.inject({ url: `/products/${id}` }), { slug: 'not-found' })
  })
}

test('every change has another entity tag, and putting the same again keeps it', async (t) => {
  const { app, store } = await startProductService(t, { freshMs: 0 })
  const tag = async () => (await app.inject({ url })).headers.etag
  await store.put(desk)
  const first = await tag()
  await store.put(desk)
  assert.equal(await tag(), first)
  await store.put({ ...desk, stock: 1 })
  assert.notEqual(await tag(), first)
})

test('a change that is announced is seen at once, one that is not when its time is over', async (t) => {
  const { app, store, cache } = await startProductService(t, { freshMs: 60_000 })
  const stock = async () => (await app.inject({ url })).json().stock
  await store.put(desk)
  assert.equal(await stock(), 2)
  await store.put({ ...desk, stock: 1 })
  assert.equal(await stock(), 2)
  cache.invalidate(['desk-walnut'])
  assert.equal(await stock(), 1)
})

test('while the database is away what was read is served in any version, the rest is 503', async (t) => {
  const { app, store, cache, line } = await startProductService(t, { freshMs: 0 })
  await store.put(desk)
  await store.put({ ...desk, id: 'lamp' })
  await app.inject({ url, headers: { accept: V1 } })
  await app.inject({ url: '/products?limit=1' })
  cache.invalidate(['desk-walnut'])
  line.cut()

  const stale = await app.inject({ url, headers: { accept: V2 } })
  assert.equal(stale.statusCode, 200)
  assert.equal(stale.headers['cache-status'], 'holdfast; hit; detail=stale')
  assert.equal(stale.json().availability.quantity, 2)
  const unchanged = await app.inject({
    url,
    headers: { accept: V2, 'if-none-match': String(stale.headers.etag) },
  })
  assert.equal(unchanged.statusCode, 304)
  assert.equal(unchanged.headers['cache-status'], 'holdfast; hit; detail=stale')

  const list = await app.inject({ url: '/products?limit=1' })
  assert.equal(list.headers['cache-status'], 'holdfast; hit; detail=stale')
  const expected = { slug: 'service-unavailable', headers: { 'retry-after': /^\d+$/ } } as const
  await assertProblem(await app.inject({ url: '/products/lamp' }), expected)
  await assertProblem(await app.inject({ url: '/products?limit=2' }), expected)

  line.mend()
  const deadline = Date.now() + 10_000
  for (;;) {
    const back = await app.inject({ url })
    if (back.headers['cache-status'] === undefined) break
    assert.ok(Date.now() < deadline, 'it is current again within ten seconds')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
})

test('a product that was changed after the database came back is not served as it was before', async (t) => {
  const { app, database, store, cache, line } = await startProductService(t, { freshMs: 0 })
  await store.put(desk)
  await app.inject({ url })
  line.cut()
  assert.equal((await app.inject({ url })).headers['cache-status'], 'holdfast; hit; detail=stale')
  line.mend()
  await answersAgain(() => database.query((sql) => sql`select 1`))

  await store.put({ ...desk, name: 'Another desk' })
  cache.invalidate(['desk-walnut'])
  const changed = await app.inject({ url })
  assert.equal(changed.json().name, 'Another desk')
  assert.equal(changed.headers['cache-status'], undefined)
})

async function answersAgain(ask: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; ) {
    try {
      await ask()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
