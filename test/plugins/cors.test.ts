import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { acceptVersion } from '#plugins/accept-version.ts'
import { cors } from '#plugins/cors.ts'
import { Problem, problemDetails, problemServerOptions } from '#plugins/problem-details.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { format } from '../support/problem-app.ts'

const shop = 'https://shop.example.com'
const other = 'http://localhost:5173'

async function build(t: TestContext, origins: readonly string[] = [shop, other]) {
  const app = Fastify(problemServerOptions(format))
  await app.register(acceptVersion, {
    vendor: 'holdfast',
    defaultVersion: 1,
    lifecycles: {},
    deprecationLink: 'https://api.example.com/problems/version-sunset',
  })
  await app.register(cors, { origins })
  await app.register(problemDetails, format)
  const versioned = { onRequest: app.acceptVersion({ type: 'product', versions: [1, 2] }) }
  app.get('/products/:id', versioned, async () => ({}))
  app.patch('/products/:id', versioned, async () => ({}))
  app.get('/plain', async () => 'plain')
  app.get('/refused', async () => {
    throw new Problem('insufficient-stock')
  })
  t.after(() => app.close())
  return app
}

const preflight = (url: string, origin = shop) => ({
  method: 'OPTIONS' as const,
  url,
  headers: {
    origin,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization,if-match',
  },
})
const corsHeaders = (headers: object) =>
  Object.keys(headers).filter((name) => name.startsWith('access-control'))

test('a preflight is answered with what the path can do', async (t) => {
  const app = await build(t)
  const response = await app.inject(preflight('/products/1?x=y'))
  assert.equal(response.statusCode, 204)
  assert.equal(response.body, '')
  assert.equal(response.headers['access-control-allow-origin'], shop)
  assert.equal(response.headers['access-control-allow-methods'], 'GET, HEAD, PATCH')
  assert.equal(response.headers['access-control-max-age'], '7200')
  assert.equal(response.headers.vary, 'Accept, Accept-Version, Origin')
  assert.equal(response.headers['access-control-allow-credentials'], undefined)
  const allowed = String(response.headers['access-control-allow-headers']).toLowerCase().split(', ')
  for (const name of [
    'accept',
    'accept-version',
    'authorization',
    'content-type',
    'idempotency-key',
    'if-match',
    'if-none-match',
    'traceparent',
    'x-request-id',
  ]) {
    assert.ok(allowed.includes(name), name)
  }
})

test('the answers to a named origin can be read with all their headers, refusals included', async (t) => {
  const app = await build(t)
  for (const url of ['/products/1', '/plain', '/refused', '/nowhere']) {
    const { headers } = await app.inject({ url, headers: { origin: other } })
    assert.equal(headers['access-control-allow-origin'], other)
    const exposed = String(headers['access-control-expose-headers']).split(', ')
    for (const name of ['API-Version', 'ETag', 'Location', 'RateLimit', 'Retry-After', 'X-Request-Id']) {
      assert.ok(exposed.includes(name), name)
    }
  }
})

test('every answer varies on the origin, whether or not there is one, and names each header once', async (t) => {
  const app = await build(t)
  for (const headers of [{}, { origin: shop }, { origin: 'https://elsewhere.example.com' }]) {
    assert.equal((await app.inject({ url: '/plain', headers })).headers.vary, 'Origin')
    for (const url of ['/products/1', '/nowhere', '/refused']) {
      const names = String((await app.inject({ url, headers })).headers.vary).split(', ')
      assert.deepEqual(names.sort(), ['Accept', 'Accept-Version', 'Origin'])
    }
  }
})

test('other origins are told nothing: not a relative, not null, not another case', async (t) => {
  const app = await build(t)
  for (const origin of [`${shop}.evil.example`, 'http://shop.example.com', 'null', shop.toUpperCase(), '']) {
    const response = await app.inject({ url: '/plain', headers: { origin } })
    assert.equal(response.statusCode, 200)
    assert.deepEqual(corsHeaders(response.headers), [])
    const refused = await app.inject(preflight('/products/1', origin))
    assert.deepEqual(corsHeaders(refused.headers), [])
    await assertProblem(refused, { slug: 'method-not-allowed', headers: { allow: 'GET, HEAD, PATCH' } })
  }
})

test('a preflight of an unknown path is not found', async (t) => {
  const app = await build(t)
  for (const path of ['/nowhere', '/products/']) {
    await assertProblem(await app.inject(preflight(path)), {
      slug: 'not-found',
      headers: { 'access-control-allow-origin': shop },
    })
  }
})

test('OPTIONS that is no preflight is a method that the path does not have', async (t) => {
  const app = await build(t)
  for (const headers of [{}, { origin: shop }]) {
    await assertProblem(await app.inject({ method: 'OPTIONS', url: '/plain', headers }), {
      slug: 'method-not-allowed',
      headers: { allow: 'GET, HEAD' },
    })
  }
})

test('without origins no answer says a word about CORS', async (t) => {
  const app = await build(t, [])
  for (const request of [{ url: '/plain', headers: { origin: shop } }, preflight('/plain')]) {
    const { headers } = await app.inject(request)
    assert.deepEqual(corsHeaders(headers), [])
    assert.doesNotMatch(headers.vary ?? '', /Origin/)
  }
})

test('what is not an origin stops the start', async (t) => {
  for (const origin of ['*', 'null', 'shop.example.com', `${shop}/`, 'https://SHOP.example.com']) {
    await assert.rejects(build(t, [origin]), /not an origin/)
  }
})
