import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { tokenOf } from '../support/shop.ts'
import { buildDocumentedApp } from './app.ts'
import { answersOf, assertFits, asTree, operations } from './document.ts'

const { app } = await buildDocumentedApp(lifetimeOfSuite())
const bearer = { authorization: `Bearer ${await tokenOf('ada')}` }

/** What can be asked of a service that has no database, and what it answers. */
const conversations: readonly (readonly [string, number, Omit<InjectOptions, 'method'>])[] = [
  ['GET /livez', 200, { url: '/livez' }],
  ['GET /readyz', 503, { url: '/readyz' }],
  ['GET /health', 503, { url: '/health' }],
  ['GET /problems', 200, { url: '/problems' }],
  ['GET /problems', 200, { url: '/problems', headers: { accept: 'text/html' } }],
  ['GET /problems/{slug}', 200, { url: '/problems/payment-declined' }],
  ['GET /problems/{slug}', 200, { url: '/problems/unauthorized' }],
  ['GET /problems/{slug}', 404, { url: '/problems/none' }],
  ['GET /openapi.yaml', 200, { url: '/openapi.yaml' }],
  ['GET /openapi.json', 200, { url: '/openapi.json' }],
  ['GET /products', 400, { url: '/products?limit=0&cursor=forged' }],
  ['GET /products', 400, { url: '/products', headers: { 'accept-version': 'two' } }],
  ['GET /products', 406, { url: '/products', headers: { accept: 'text/csv' } }],
  ['GET /products/{id}', 404, { url: '/products/no%20id' }],
  ['GET /products/{id}', 503, { url: '/products/desk-walnut' }],
  ['GET /products/{id}', 414, { url: `/products/${'a'.repeat(5_000)}` }],
  ['GET /orders', 401, { url: '/orders' }],
  ['GET /orders', 400, { url: '/orders?status=lost', headers: bearer }],
  ['GET /orders/{id}', 404, { url: '/orders/ord_none', headers: bearer }],
  ['POST /orders', 401, { url: '/orders', payload: {} }],
  [
    'POST /orders',
    415,
    { url: '/orders', payload: 'a=1', headers: { ...bearer, 'content-type': 'text/plain' } },
  ],
  ['POST /orders', 400, { url: '/orders', payload: {}, headers: bearer }],
  ['POST /orders', 400, { url: '/orders', payload: {}, headers: { ...bearer, 'idempotency-key': 'k' } }],
  ['POST /orders/{id}/cancel', 404, { url: '/orders/ord_none/cancel', headers: bearer }],
  ['PATCH /orders/{id}', 415, { url: '/orders/ord_none', payload: {}, headers: bearer }],
]

for (const [name, status, request] of conversations) {
  test(`${name} answers ${status} as documented to ${String(request.url).slice(0, 60)}`, async () => {
    const documented = operations.find((each) => each.name === name)
    assert.ok(documented)
    const method = name.startsWith('GET') ? 'GET' : name.startsWith('POST') ? 'POST' : 'PATCH'
    const { statusCode, headers, body } = await app.inject({ ...request, method })
    assert.equal(statusCode, status, body)

    const answers = new Map(answersOf(documented.operation))
    const answer = asTree(answers.get(String(status)) ?? answers.get('default'))
    const type = String(headers['content-type']).replace('; charset=utf-8', '')
    const media = asTree(asTree(answer.content)[type])
    assertFits(media.schema, type.endsWith('json') ? JSON.parse(body) : body, name)

    const promised = new Set(Object.keys(asTree(answer.headers)).map((header) => header.toLowerCase()))
    for (const header of Object.keys(headers)) {
      assert.ok(promised.has(header) || ofEveryServer.has(header), `${header} is not documented`)
    }
  })
}

/** What HTTP and browsers know without this document. */
const ofEveryServer = new Set([
  ...['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'transfer-encoding'],
  ...['content-security-policy', 'cross-origin-resource-policy', 'referrer-policy', 'x-content-type-options'],
  ...['x-frame-options', 'strict-transport-security'],
])
