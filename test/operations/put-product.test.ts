import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { assertProblem } from '../support/assert-problem.ts'
import { connect, eventually } from '../support/shop.ts'
import { desk, put, startOperations } from './operator-service.ts'

test('a product is created with 201, replaced with 200, and seen by the public at once', async (t) => {
  const { app, url } = await startOperations(t)
  const created = await put(`${url}/products/desk-walnut`, desk)
  assert.equal(created.status, 201)
  assert.equal(created.headers.get('location'), '/products/desk-walnut')
  assert.equal(created.headers.get('content-type'), 'application/json; charset=utf-8')
  assert.equal(created.headers.get('x-content-type-options'), 'nosniff')
  assert.deepEqual(await created.json(), {
    id: 'desk-walnut',
    name: 'Walnut desk',
    description: '',
    price: { amount: 129900, currency: 'USD' },
    availability: { inStock: true, quantity: 2 },
    _links: { self: { href: '/products/desk-walnut' } },
  })
  const read = await app.inject({ url: '/products/desk-walnut', headers: { 'accept-version': '2' } })
  assert.equal(read.headers.etag, created.headers.get('etag'))
  assert.equal((await app.inject({ url: '/products' })).json().length, 1)

  const replaced = await put(`${url}/products/desk-walnut`, { ...desk, stock: 0, description: 'Sold' })
  assert.equal(replaced.status, 200)
  assert.equal(replaced.headers.get('location'), null)
  assert.notEqual(replaced.headers.get('etag'), created.headers.get('etag'))
  assert.equal((await app.inject({ url: '/products/desk-walnut' })).json().stock, 0)
  assert.equal((await app.inject({ url: '/products' })).json()[0].stock, 0)

  const again = await put(`${url}/products/desk-walnut`, { ...desk, stock: 0, description: 'Sold' })
  assert.equal(again.headers.get('etag'), replaced.headers.get('etag'))
})

test('a product that somebody else creates meanwhile is replaced', async (t) => {
  const { url, databaseUrl } = await startOperations(t)
  const sql = connect(t, databaseUrl)
  const { putting } = await sql.begin(async (theirs) => {
    await theirs`insert into products (id, name, price, currency, stock) values ('desk', 'Desk', 1, 'USD', 1)`
    const putting = put(`${url}/products/desk`, desk)
    await eventually('it to wait', async () => {
      // Of this database: others on the server wait for locks of their own.
      const waiting = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      return waiting.length > 0
    })
    return { putting }
  })
  const replaced = await putting
  assert.equal(replaced.status, 200)
  assert.equal(replaced.headers.get('location'), null)
})

test('after a put without an outcome nobody is shown what was read before: it may have been done', async (t) => {
  const { app, url, databaseUrl } = await startOperations(t)
  const stock = async () => (await app.inject({ url: '/products/desk' })).json().stock
  await put(`${url}/products/desk`, desk)
  assert.equal(await stock(), 2)
  await connect(t, databaseUrl).begin(async (theirs) => {
    await theirs`update products set stock = 7`
    await assertProblem(await put(`${url}/products/desk`, desk), { slug: 'service-unavailable' })
  })
  assert.equal(await stock(), 7)
})

/** The tags of what stands, by version, as a client may hold them. */
async function tagsOf(app: FastifyInstance, id: string): Promise<string[]> {
  const read = (version: string) =>
    app.inject({ url: `/products/${id}`, headers: { 'accept-version': version } })
  return [String((await read('1')).headers.etag), String((await read('2')).headers.etag)]
}

test('a product is replaced under the tag of what stands, in whichever version it was read, and under no other', async (t) => {
  const { app, cache, store, url } = await startOperations(t)
  const desks = `${url}/products/desk`
  const first = String((await put(desks, desk)).headers.get('etag'))
  assert.deepEqual((await tagsOf(app, 'desk')).slice(1), [first])

  // Sold meanwhile.
  await store.put({ ...desk, id: 'desk', description: '', price: 129900, currency: 'USD', stock: 1 })
  cache.invalidate(['desk'])
  const [v1 = '', v2 = ''] = await tagsOf(app, 'desk')
  for (const stale of [first, `"other", ${first}`, `W/${v2}`, 'no tag', '']) {
    const refused = await put(desks, { ...desk, stock: 99 }, { 'if-match': stale })
    await assertProblem(refused, { slug: 'precondition-failed', headers: { etag: v2 } })
  }
  assert.equal((await store.getMany(['desk']))[0]?.stock, 1)

  assert.equal((await put(desks, { ...desk, stock: 5 }, { 'if-match': v1 })).status, 200)
  const [, current = ''] = await tagsOf(app, 'desk')
  const replaced = await put(desks, { ...desk, stock: 6 }, { 'if-match': `${first}, ${current}` })
  assert.equal(replaced.status, 200)
  const again = await put(desks, { ...desk, stock: 6 }, { 'if-match': String(replaced.headers.get('etag')) })
  assert.equal(again.headers.get('etag'), replaced.headers.get('etag'))
  assert.equal((await put(desks, { ...desk, stock: 7 }, { 'if-match': '*' })).status, 200)
  assert.equal((await app.inject({ url: '/products/desk' })).json().stock, 7)
})

test('If-None-Match: * creates and never replaces, If-Match replaces and never creates', async (t) => {
  const { store, url } = await startOperations(t)
  for (const wanted of ['*', '"a.1.v2"']) {
    const refused = await put(`${url}/products/a`, desk, { 'if-match': wanted })
    assert.equal(refused.headers.get('etag'), null)
    await assertProblem(refused, { slug: 'precondition-failed' })
  }
  assert.equal(await store.find('a'), null)

  const created = await put(`${url}/products/a`, desk, { 'if-none-match': '*' })
  assert.equal(created.status, 201)
  assert.equal(created.headers.get('location'), '/products/a')
  const etag = String(created.headers.get('etag'))
  for (const unwanted of ['*', etag, `W/${etag}`]) {
    const refused = await put(`${url}/products/a`, { ...desk, stock: 9 }, { 'if-none-match': unwanted })
    const { detail } = await assertProblem(refused, { slug: 'precondition-failed', headers: { etag } })
    assert.match(String(detail), /If-None-Match/)
  }
  assert.equal((await store.getMany(['a']))[0]?.stock, desk.stock)
})

test('a product that is not shown, for its currency is another, is there all the same', async (t) => {
  const { url, databaseUrl } = await startOperations(t)
  const etag = String((await put(`${url}/products/desk`, desk)).headers.get('etag'))
  await connect(t, databaseUrl)`update products set currency = 'EUR'`
  const refused = await put(`${url}/products/desk`, desk, { 'if-none-match': '*' })
  await assertProblem(refused, { slug: 'precondition-failed' })
  assert.equal((await put(`${url}/products/desk`, desk, { 'if-match': etag })).status, 200)
})

test('of many who put at once under one tag, or create, one wins and the others are told of it', async (t) => {
  const { store, url } = await startOperations(t)
  const race = async (condition: Record<string, string>) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, stock) => put(`${url}/products/desk`, { ...desk, stock }, condition)),
    )
    const won = answers.findIndex(({ ok }) => ok)
    assert.equal((await store.getMany(['desk']))[0]?.stock, won)
    const etag = String(answers[won]?.headers.get('etag'))
    for (const [stock, answer] of answers.entries()) {
      if (stock !== won) await assertProblem(answer, { slug: 'precondition-failed', headers: { etag } })
    }
    return etag
  }
  const etag = await race({ 'if-none-match': '*' })
  const changed = await put(`${url}/products/desk`, { ...desk, stock: 1_000 }, { 'if-match': etag })
  await race({ 'if-match': String(changed.headers.get('etag')) })
})

test('every violation of a body is reported at once', async (t) => {
  const { url } = await startOperations(t)
  const body = { name: '', price: { amount: 1.5, currency: 'EUR' }, stock: -1, colour: 'red' }
  const { errors } = await assertProblem(await put(`${url}/products/x`, body), { slug: 'validation-failed' })
  assert.ok(Array.isArray(errors))
  assert.deepEqual(errors.map(({ pointer }) => pointer).sort(), [
    '#/colour',
    '#/name',
    '#/price/amount',
    '#/price/currency',
    '#/stock',
  ])
})

const bodies: Array<[string, unknown]> = [
  ['a missing name', { ...desk, name: undefined }],
  ['a name of 201 characters', { ...desk, name: 'ä'.repeat(201) }],
  ['a description of 5,001 characters', { ...desk, description: 'x'.repeat(5001) }],
  ['a price as text', { ...desk, price: { amount: '1', currency: 'USD' } }],
  ['a price beyond 99,999,999', { ...desk, price: { amount: 100_000_000, currency: 'USD' } }],
  ['a stock beyond 1,000,000,000', { ...desk, stock: 1_000_000_001 }],
  ['an id in the body', { ...desk, id: 'x' }],
  ['null', null],
  ['a list', [desk]],
]

for (const [name, body] of bodies) {
  test(`${name} is refused`, async (t) => {
    const { url } = await startOperations(t)
    await assertProblem(await put(`${url}/products/x`, body), { slug: 'validation-failed' })
  })
}

test('the largest product there may be is taken', async (t) => {
  const { url } = await startOperations(t)
  const largest = {
    name: '😀'.repeat(200),
    description: '😀'.repeat(5000),
    price: { amount: 99_999_999, currency: 'USD' },
    stock: 1_000_000_000,
  }
  const response = await put(`${url}/products/${'x'.repeat(64)}`, largest)
  assert.equal(response.status, 201)
})

test('what is no JSON, no JSON by its type, or no id is refused', async (t) => {
  const { url } = await startOperations(t)
  await assertProblem(await put(`${url}/products/x`, '{'), { slug: 'malformed-request' })
  await assertProblem(await put(`${url}/products/x`, '{"name":"a","name":"b"}'), {
    slug: 'malformed-request',
  })
  const text = await put(`${url}/products/x`, desk, { 'content-type': 'text/plain' })
  await assertProblem(text, { slug: 'unsupported-media-type', headers: { accept: 'application/json' } })
  const { errors } = await assertProblem(await put(`${url}/products/a%20b`, desk), {
    slug: 'validation-failed',
  })
  assert.ok(Array.isArray(errors))
  assert.deepEqual([errors[0].pointer, errors[0].in], ['#/id', 'path'])
})
