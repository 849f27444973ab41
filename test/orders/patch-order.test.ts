import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { bodyOf, tokenOf } from '../support/shop.ts'
import { JSON_PATCH, openShop, patching, type ShopFront } from './shop-front.ts'

const address = { name: 'Ada', line1: '1 Byron St', city: 'London', postalCode: 'W1', country: 'GB' }

suite('PATCH /orders/{id}', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  test('A merge patch changes note, address and metadata, and the revision with them', async () => {
    const { id, etag } = await shop.order({ note: 'old', metadata: { a: '1', b: '2' } })
    const patch = { note: 'new', shippingAddress: address, metadata: { a: null, c: '3' } }
    const answer = await shop.ask('PATCH', `/orders/${id}`, { headers: patching(etag), body: patch })
    const text = await answer.text()
    assert.equal(answer.status, 200, text)
    const body = JSON.parse(text)
    assert.equal(body.note, 'new')
    assert.deepEqual(body.shippingAddress, address)
    assert.deepEqual(body.metadata, { b: '2', c: '3' })
    assert.equal(answer.headers.get('cache-control'), 'private, no-cache')
    assert.equal(answer.headers.get('content-type'), 'application/vnd.holdfast.order+json; version=2')
    assert.notEqual(answer.headers.get('etag'), etag)

    const read = await shop.ask('GET', `/orders/${id}`)
    assert.equal(read.headers.get('etag'), answer.headers.get('etag'))
    assert.equal(await read.text(), text, 'the tag is strong, so the bytes are the same')
  })

  test('A JSON patch does the same, operation by operation', async () => {
    const { id, etag } = await shop.order({ shippingAddress: address, metadata: { a: '1' } })
    const patch = [
      { op: 'test', path: '/metadata/a', value: '1' },
      { op: 'add', path: '/note', value: 'ring' },
      { op: 'replace', path: '/shippingAddress/city', value: 'Leeds' },
      { op: 'move', from: '/metadata/a', path: '/metadata/b~1c' },
    ]
    const answer = await shop.ask('PATCH', `/orders/${id}`, {
      headers: patching(etag, JSON_PATCH),
      body: patch,
    })
    const body = await bodyOf(answer)
    assert.equal(answer.status, 200)
    assert.equal(body.note, 'ring')
    assert.deepEqual(body.shippingAddress, { ...address, city: 'Leeds' })
    assert.deepEqual(body.metadata, { 'b/c': '1' })
    assert.equal(body.revision, Number(/\.(\d+)\.v2/.exec(etag)?.[1]) + 1)
  })

  test('What is removed is gone, and metadata is then empty', async () => {
    const given = { note: 'x', shippingAddress: address, metadata: { a: '1' } }
    for (const [patch, type] of [
      [{ note: null, shippingAddress: null, metadata: null }, undefined],
      [
        ['note', 'shippingAddress', 'metadata'].map((name) => ({ op: 'remove', path: `/${name}` })),
        JSON_PATCH,
      ],
    ] as const) {
      const { id, etag } = await shop.order(given)
      const answer = await shop.ask('PATCH', `/orders/${id}`, { headers: patching(etag, type), body: patch })
      const body = await bodyOf(answer)
      assert.equal(answer.status, 200)
      assert.ok(!('note' in body) && !('shippingAddress' in body))
      assert.deepEqual(body.metadata, {})
    }
  })

  test('A patch names the same members in version 1, which decides the answer only', async () => {
    const { id } = await shop.order()
    const accept = 'application/vnd.holdfast.order+json; version=1'
    const read = await shop.ask('GET', `/orders/${id}`, { headers: { accept } })
    const etag = read.headers.get('etag') ?? ''
    const headers = { ...patching(etag), accept }
    const answer = await shop.ask('PATCH', `/orders/${id}`, { headers, body: { note: 'by version 1' } })
    assert.equal(answer.status, 200)
    assert.deepEqual(Object.keys(await bodyOf(answer)), ['id', 'userId', 'status', 'total', 'createdAt'])
    assert.deepEqual(
      [...(await shop.sql`select note from orders where revision = 3 and note like 'by%'`)],
      [{ note: 'by version 1' }],
    )
    const other = await shop.ask('PATCH', `/orders/${id}`, {
      headers: { ...patching(answer.headers.get('etag') ?? '') },
      body: { note: 'x' },
    })
    await assertProblem(other, { slug: 'precondition-failed' })
  })

  test('A patch that changes nothing leaves revision and time alone', async () => {
    const { id, etag } = await shop.order({ note: 'same', shippingAddress: address })
    const before = await (await shop.ask('GET', `/orders/${id}`)).text()
    for (const [body, type] of [
      [{}, undefined],
      [{ note: 'same', shippingAddress: { city: 'London' } }, undefined],
      [[], JSON_PATCH],
      [[{ op: 'test', path: '/note', value: 'same' }], JSON_PATCH],
      [
        [
          { op: 'add', path: '/metadata/x', value: '1' },
          { op: 'remove', path: '/metadata/x' },
        ],
        JSON_PATCH,
      ],
    ] as const) {
      const answer = await shop.ask('PATCH', `/orders/${id}`, { headers: patching(etag, type), body })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('etag'), etag)
      assert.equal(await answer.text(), before)
    }
  })

  test('A change is never older than the one before it, however the clock was set in between', async () => {
    const { id } = await shop.order({ note: 'one' })
    const [before] = await shop.sql`
      update orders set updated_at = date_trunc('milliseconds', now() + interval '1 hour')
      where note = 'one' returning updated_at`
    const patch = { headers: patching('*'), body: { note: 'two' } }
    const patched = await bodyOf(await shop.ask('PATCH', `/orders/${id}`, patch))
    const cancelled = await bodyOf(await shop.ask('POST', `/orders/${id}/cancel`))
    const then = before?.updated_at.toISOString()
    assert.deepEqual([patched.updatedAt, cancelled.updatedAt], [then, then])
    assert.deepEqual([patched.revision, cancelled.revision], [3, 4])
  })

  test('Without If-Match it is refused, with a stale one too, and the star is as good as the right one', async () => {
    const { id, etag } = await shop.order()
    const { 'if-match': _, ...unconditional } = patching('*')
    const path = `/orders/${id}`
    const body = { note: 'changed' }
    await assertProblem(await shop.ask('PATCH', path, { headers: unconditional, body }), {
      slug: 'precondition-required',
    })
    for (const stale of ['"other"', `W/${etag}`, 'no tag', etag.replace('.v2', '.v1')]) {
      await assertProblem(await shop.ask('PATCH', path, { headers: patching(stale), body }), {
        slug: 'precondition-failed',
        headers: { etag },
      })
    }
    assert.equal((await shop.ask('PATCH', path, { headers: patching('*'), body })).status, 200)
    await assertProblem(await shop.ask('PATCH', path, { headers: patching(etag), body }), {
      slug: 'precondition-failed',
      headers: { etag: etag.replace('.2.v2', '.3.v2') },
    })
  })

  test('Any other type of body is a 415 that lists the two', async () => {
    const { id, etag } = await shop.order()
    for (const type of ['application/json', 'text/plain', `${JSON_PATCH}; version=2`, 'application/*']) {
      const answer = await shop.ask('PATCH', `/orders/${id}`, { headers: patching(etag, type), body: {} })
      await assertProblem(answer, {
        slug: 'unsupported-media-type',
        headers: { 'accept-patch': 'application/json-patch+json, application/merge-patch+json' },
      })
    }
  })

  test('A result that breaks the schema is refused with pointers into it, and nothing changes', async () => {
    const { id, etag } = await shop.order({ note: 'kept', metadata: { a: '1' } })
    const patch = {
      note: 'x'.repeat(1_001),
      shippingAddress: { ...address, country: 'XX', city: null },
      metadata: { a: 7, [`k${'x'.repeat(40)}`]: 'v' },
    }
    const answer = await shop.ask('PATCH', `/orders/${id}`, { headers: patching(etag), body: patch })
    const { errors } = await assertProblem(answer, { slug: 'patch-rejected' })
    const pointers = JSON.parse(JSON.stringify(errors)).map((error: { pointer: string; in: string }) => {
      assert.equal(error.in, 'result')
      return error.pointer
    })
    assert.deepEqual(pointers.sort(), [
      `#/metadata/a`,
      `#/metadata/k${'x'.repeat(40)}`,
      '#/note',
      '#/shippingAddress/city',
      '#/shippingAddress/country',
    ])
    assert.equal((await shop.ask('GET', `/orders/${id}`)).headers.get('etag'), etag)
  })

  test('What is refused, and in which order', async () => {
    const { id, etag } = await shop.order({ note: 'n' })
    const ask = (body: unknown, ifMatch = etag) =>
      shop.ask('PATCH', `/orders/${id}`, { headers: patching(ifMatch, JSON_PATCH), body })
    const test = { op: 'test', path: '/note', value: 'other' }
    await assertProblem(await ask([{ op: 'spam' }], '"stale"'), { slug: 'validation-failed' })
    await assertProblem(await ask([test], '"stale"'), { slug: 'precondition-failed' })
    await assertProblem(await ask([test]), { slug: 'patch-test-failed' })
    await assertProblem(await ask([{ op: 'test', path: '/shippingAddress', value: null }]), {
      slug: 'patch-test-failed',
    })
    for (const path of ['/status', '/total', '', '/payment/token', '/idempotencyKey', '/id']) {
      await assertProblem(await ask([{ op: 'replace', path, value: 'paid' }]), { slug: 'patch-rejected' })
    }
    await assertProblem(await ask('{"a":'), { slug: 'malformed-request' })
    await assertProblem(await ask('[{"op":"add","path":"/metadata","value":{"__proto__":{"x":"1"}}}]'), {
      slug: 'malformed-request',
    })

    const stranger = await tokenOf('stranger')
    const headers = patching('"stale"')
    const path = `/orders/${id}`
    await assertProblem(await shop.ask('PATCH', path, { headers, body: {}, token: stranger }), {
      slug: 'not-found',
    })
    await assertProblem(await shop.ask('PATCH', '/orders/ord_nonsense', { headers, body: {} }), {
      slug: 'not-found',
    })
  })

  test('An order that is closed is changed no more, and a stale tag is refused before that is said', async () => {
    const { id } = await shop.order()
    const cancelled = await shop.ask('POST', `/orders/${id}/cancel`)
    const etag = cancelled.headers.get('etag') ?? ''
    const path = `/orders/${id}`
    await assertProblem(await shop.ask('PATCH', path, { headers: patching('"x"'), body: { note: 'x' } }), {
      slug: 'precondition-failed',
    })
    assert.notEqual(etag, '')
    await assertProblem(await shop.ask('PATCH', path, { headers: patching('*'), body: { note: 'x' } }), {
      slug: 'order-closed',
      extensions: { orderStatus: 'cancelled' },
    })
  })
})
