import type { ProblemSlug } from '#src/problems.ts'
import { basket } from '../support/shop.ts'

/** What the rows are about: ids that exist, each in the state its name says. */
export interface Fixture {
  open: string
  cancelled: string
  failed: string
}

/** A request, and the problem that it ends in unless it is good. */
export interface Row {
  method: string
  path: string
  status: number
  slug?: ProblemSlug
  /** The resource's part of the media type; none for a route that has no versions. */
  resource?: string
  /** It is refused before a version was negotiated. */
  early?: boolean
  /** Without a token. */
  anonymous?: boolean
  headers?: Record<string, string>
  body?: unknown
  /** If it is another than that of the answer. */
  bodyVersion?: number
  /** Headers of this answer alone. */
  has?: Record<string, RegExp>
  cache?: string
}

const PUBLIC = 'public, max-age=60, stale-while-revalidate=30, stale-if-error=600'
const PRIVATE = 'private, no-cache'
const HOUR = 'public, max-age=3600'
const merge = (ifMatch?: string) => ({
  'content-type': 'application/merge-patch+json',
  ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
})
const posted = (key: string, type = 'application/vnd.holdfast.order+json; version=2') => ({
  'content-type': type,
  'idempotency-key': key,
})

/** Every route with every answer that its headers differ in. */
export function rowsOf({ open, cancelled, failed }: Fixture, setting: string): Row[] {
  const key = (name: string) => `${setting}-${name}`
  const reads: Row[] = [
    { method: 'GET', path: '/products', status: 200, resource: 'product-list', cache: PUBLIC },
    {
      method: 'GET',
      path: '/products?limit=1',
      status: 200,
      resource: 'product-list',
      cache: PUBLIC,
      has: { link: /<\/products\?limit=1&cursor=[\w-]+>; rel="next"/ },
    },
    { method: 'GET', path: '/products/desk', status: 200, resource: 'product', cache: PUBLIC },
    { method: 'GET', path: '/orders', status: 200, resource: 'order-list', cache: PRIVATE },
    {
      method: 'GET',
      path: '/orders?limit=1',
      status: 200,
      resource: 'order-list',
      cache: PRIVATE,
      has: { link: /<\/orders\?limit=1&cursor=[\w-]+>; rel="next"/ },
    },
    { method: 'GET', path: `/orders/${open}`, status: 200, resource: 'order', cache: PRIVATE },
    { method: 'GET', path: '/users/me', status: 200, resource: 'user', cache: PRIVATE },
  ]
  const refusals = reads.flatMap(({ method, path, resource = '' }): Row[] => [
    {
      method,
      path,
      resource,
      status: 406,
      slug: 'not-acceptable',
      early: true,
      headers: { accept: 'image/png' },
    },
    {
      method,
      path,
      resource,
      status: 400,
      slug: 'malformed-request',
      early: true,
      headers: { 'accept-version': '0' },
    },
    {
      method: 'DELETE',
      path,
      status: 405,
      slug: 'method-not-allowed',
      early: true,
      has: { allow: /\bGET, HEAD\b/ },
    },
    ...(resource.startsWith('product')
      ? []
      : [
          {
            method,
            path,
            resource,
            status: 401,
            slug: 'unauthorized' as const,
            early: true,
            anonymous: true,
            has: { 'www-authenticate': /^Bearer/ },
          },
        ]),
  ])
  const patch = { method: 'PATCH', path: `/orders/${open}`, resource: 'order', headers: merge('*'), body: {} }
  const post = { method: 'POST', path: '/orders', resource: 'order', body: basket('desk') }
  const cancel = { method: 'POST', path: `/orders/${cancelled}/cancel`, resource: 'order' }
  return [
    ...reads,
    ...refusals,
    {
      ...post,
      status: 201,
      headers: posted(key('new')),
      cache: PRIVATE,
      has: { location: /^\/orders\/ord_/ },
    },
    {
      ...post,
      status: 201,
      headers: posted(key('replayed')),
      cache: PRIVATE,
      has: { location: /^\/orders\/ord_/, 'idempotency-replayed': /^true$/ },
    },
    {
      ...post,
      status: 402,
      slug: 'payment-declined',
      headers: posted(key('declined')),
      body: { ...basket('desk'), paymentToken: 'pm_card_visa_chargeDeclined' },
    },
    // A body in version 1 is not read any more where that is gone.
    ...(setting.startsWith('gone')
      ? []
      : [
          {
            ...post,
            status: 403,
            slug: 'forbidden' as const,
            headers: posted(key('other'), 'application/vnd.holdfast.order+json; version=1'),
            body: { productId: 'desk', quantity: 1, paymentToken: 'pm', userId: 'x' },
            bodyVersion: 1,
          },
        ]),
    { ...post, status: 404, slug: 'not-found', headers: posted(key('none')), body: basket('none') },
    {
      ...post,
      status: 409,
      slug: 'insufficient-stock',
      headers: posted(key('short')),
      body: basket('rug', 2),
    },
    {
      ...post,
      status: 413,
      slug: 'payload-too-large',
      headers: posted(key('large')),
      body: 'x'.repeat(300_000),
    },
    {
      ...post,
      status: 415,
      slug: 'unsupported-media-type',
      headers: posted(key('text'), 'text/plain'),
      has: { 'accept-post': /vnd\.holdfast\.order\+json; version=2.*application\/json$/ },
    },
    {
      ...post,
      status: 400,
      slug: 'idempotency-key-missing',
      headers: { 'content-type': 'application/json' },
      has: { link: /idempotency-key-missing>; rel="describedby"/ },
    },
    { ...post, status: 400, slug: 'validation-failed', headers: posted(key('bad')), body: [] },
    {
      ...post,
      status: 422,
      slug: 'idempotency-key-reused',
      headers: posted(key('replayed')),
      body: basket('lamp'),
    },
    { ...patch, status: 200, cache: PRIVATE },
    {
      ...patch,
      status: 412,
      slug: 'precondition-failed',
      headers: merge('"stale"'),
      has: { etag: /^"ord_.*"$/ },
    },
    { ...patch, status: 428, slug: 'precondition-required', headers: merge() },
    {
      ...patch,
      status: 415,
      slug: 'unsupported-media-type',
      headers: { 'content-type': 'application/json' },
      has: { 'accept-patch': /^application\/json-patch\+json, application\/merge-patch\+json$/ },
    },
    { ...patch, status: 422, slug: 'patch-rejected', body: { status: 'paid' } },
    { ...patch, path: `/orders/${cancelled}`, status: 409, slug: 'order-closed', body: { note: 'x' } },
    { ...patch, path: '/users/me', resource: 'user', status: 200, cache: PRIVATE },
    { ...cancel, status: 200, cache: PRIVATE },
    { ...cancel, path: `/orders/${failed}/cancel`, status: 409, slug: 'order-not-cancellable' },
    { method: 'GET', path: '/products/none', resource: 'product', status: 404, slug: 'not-found' },
    { method: 'GET', path: '/orders/ord_none', resource: 'order', status: 404, slug: 'not-found' },
    {
      method: 'GET',
      path: '/products?limit=0',
      resource: 'product-list',
      status: 400,
      slug: 'validation-failed',
    },
    { method: 'GET', path: '/nothing', status: 404, slug: 'not-found' },
    { method: 'GET', path: `/orders/${'x'.repeat(200)}`, resource: 'order', status: 404, slug: 'not-found' },
    { method: 'GET', path: '/products/%zz', status: 400, slug: 'malformed-request' },
    {
      method: 'GET',
      path: `/products?cursor=${'x'.repeat(5_000)}`,
      status: 414,
      slug: 'uri-too-long',
      early: true,
    },
    {
      method: 'GET',
      path: '/problems',
      status: 200,
      cache: HOUR,
      has: { 'content-type': /^application\/json; charset=utf-8$/ },
    },
    {
      method: 'GET',
      path: '/problems/not-found',
      status: 200,
      cache: HOUR,
      headers: { accept: 'text/html' },
      has: { 'content-type': /^text\/html; charset=utf-8$/ },
    },
    {
      method: 'GET',
      path: '/openapi.json',
      status: 200,
      cache: HOUR,
      has: { etag: /^".+"$/, 'content-type': /^application\/json; charset=utf-8$/ },
    },
    {
      method: 'GET',
      path: '/openapi.yaml',
      status: 200,
      cache: HOUR,
      has: { etag: /^".+"$/, 'content-type': /^application\/yaml$/ },
    },
    {
      method: 'GET',
      path: '/docs',
      status: 200,
      cache: HOUR,
      has: { etag: /^".+"$/, 'content-type': /^text\/html; charset=utf-8$/ },
    },
    {
      method: 'GET',
      path: '/docs/start.js',
      status: 200,
      cache: HOUR,
      has: { etag: /^".+"$/, 'content-type': /^text\/javascript; charset=utf-8$/ },
    },
    { method: 'GET', path: '/docs/package.json', status: 404, slug: 'not-found' },
    { method: 'POST', path: '/docs', status: 405, slug: 'method-not-allowed', has: { allow: /^GET, HEAD$/ } },
    { method: 'GET', path: '/livez', status: 200, has: { 'content-type': /^application\/json/ } },
    { method: 'GET', path: '/readyz', status: 200, has: { 'content-type': /^application\/json/ } },
    {
      method: 'GET',
      path: '/health',
      status: 200,
      cache: 'no-store',
      has: { 'content-type': /^application\/json/ },
    },
  ]
}
