import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { tokenOf } from '../support/shop.ts'
import { buildDocumentedApp, shopOrigin } from './app.ts'
import { assertDocumented } from './assert-documented.ts'

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
  ['GET /docs', 200, { url: '/docs' }],
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
  [
    'POST /orders',
    415,
    {
      url: '/orders',
      payload: {},
      headers: { ...bearer, 'idempotency-key': 'k', 'content-encoding': 'gzip' },
    },
  ],
  ['POST /orders', 400, { url: '/orders', payload: {}, headers: bearer }],
  ['POST /orders', 400, { url: '/orders', payload: {}, headers: { ...bearer, 'idempotency-key': 'k' } }],
  ['POST /orders/{id}/cancel', 404, { url: '/orders/ord_none/cancel', headers: bearer }],
  ['GET /users/me', 401, { url: '/users/me' }],
  ['PATCH /users/me', 415, { url: '/users/me', payload: {}, headers: bearer }],
  ['PATCH /orders/{id}', 415, { url: '/orders/ord_none', payload: {}, headers: bearer }],
]

for (const [name, status, request] of conversations) {
  test(`${name} answers ${status} as documented to ${String(request.url).slice(0, 60)}`, async () => {
    const method = name.startsWith('GET') ? 'GET' : name.startsWith('POST') ? 'POST' : 'PATCH'
    // As a page of the shop asks, for it is told more than others.
    const answer = await app.inject({
      ...request,
      method,
      headers: { ...request.headers, origin: shopOrigin },
    })
    assert.equal(answer.statusCode, status, answer.body)
    const headers = new Headers(
      Object.entries(answer.headers).map(([header, value]) => [header, String(value)]),
    )
    assertDocumented(name, { status, headers, text: answer.body })
  })
}
