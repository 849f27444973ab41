import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, eventually, place, stock } from '../support/shop.ts'
import { type Fixture, type Row, rowsOf } from './header-rows.ts'
import { each } from './pipeline.ts'

const ORIGIN = 'https://shop.example.com'
// Stock that another process sold would change entity tags in the middle of a test.
const announced = { PRODUCT_CACHE_MS: '0', API_V1_DEPRECATION: '2020-01-01', API_V1_SUNSET: '2099-01-01' }
const settings = {
  plain: { PRODUCT_CACHE_MS: '0' },
  announced: { ...announced, CORS_ORIGINS: ORIGIN },
  gone: { ...announced, API_V1_SUNSET: '2021-01-01', CORS_ORIGINS: ORIGIN },
}
type Setting = keyof typeof settings
const names = ['plain', 'announced', 'gone'] as const

suite('Headers of every route with every answer', () => {
  const lifetime = lifetimeOfSuite()
  const apis = new Map<Setting, string>()
  let shop: ShopFront
  let fixture: Fixture

  before(async () => {
    shop = await openShop(lifetime, { env: settings.plain })
    await stock(shop.sql, { rug: 1 })
    apis.set('plain', shop.service.api)
    for (const name of ['announced', 'gone'] as const) {
      apis.set(name, (await shop.startAnother(settings[name])).api)
    }
    const body = { ...basket('desk'), paymentToken: 'pm_card_visa_chargeDeclined' }
    const declined = await place(shop.service.api, body, { key: 'failed', token: shop.token })
    const { id: open } = await shop.order()
    const { id: cancelled } = await shop.order({}, 'cancelled')
    await shop.ask('POST', `/orders/${cancelled}/cancel`)
    // It is a change of the order, and in the midst of a test it would change the tag of every list.
    await eventually('its money to be back', async () => {
      const order = await bodyOf(await shop.ask('GET', `/orders/${cancelled}`))
      return order.payment.status === 'refunded'
    })
    fixture = { open, cancelled, failed: (await bodyOf(declined)).orderId }
  })

  async function send(setting: Setting, row: Row, version: number, more: Record<string, string> = {}) {
    const headers: Record<string, string> = {
      accept:
        row.resource === undefined
          ? '*/*'
          : `application/vnd.holdfast.${row.resource}+json; version=${version}`,
      'x-request-id': 'asked-by-a-test',
      origin: ORIGIN,
      ...(row.anonymous === true ? {} : { authorization: `Bearer ${shop.token}` }),
      ...row.headers,
      ...more,
    }
    const body = row.body === undefined ? {} : { body: JSON.stringify(row.body) }
    return await fetch(`${apis.get(setting)}${row.path}`, { method: row.method, headers, ...body })
  }

  /** All that is promised of an answer in a setting, whatever the route. */
  async function hold(setting: Setting, row: Row, version: number, answer: Response) {
    const { headers } = answer
    const what = `${setting}, version ${version}: ${row.method} ${row.path.slice(0, 60)} ${row.status}`
    const isProbe = ['/livez', '/readyz', '/health'].includes(row.path)
    const isDocument = row.slug === undefined && /^\/(?:openapi|docs)/.test(row.path)
    const withCors = setting !== 'plain'
    if (answer.status !== row.status) assert.fail(`${what}: ${answer.status} ${await answer.text()}`)
    assert.equal(headers.get('x-request-id'), 'asked-by-a-test', what)
    assert.equal(headers.get('access-control-allow-origin'), withCors ? ORIGIN : null, what)

    const vary = (headers.get('vary') ?? '')
      .toLowerCase()
      .split(/\s*,\s*/)
      .filter((name) => name !== '')
    const expected = [
      ...(isProbe || isDocument ? [] : ['accept', 'accept-version']),
      ...(withCors ? ['origin'] : []),
    ]
    assert.deepEqual(vary.sort(), expected.sort(), what)

    const negotiated = row.resource !== undefined && row.early !== true
    assert.equal(headers.get('api-version'), negotiated ? String(version) : null, what)
    const isOnItsWayOut = negotiated && [version, row.bodyVersion].includes(1) && setting === 'announced'
    assert.equal(headers.get('deprecation'), isOnItsWayOut ? '@1577836800' : null, what)
    assert.equal(headers.get('sunset'), isOnItsWayOut ? 'Thu, 01 Jan 2099 00:00:00 GMT' : null, what)
    const deprecationLinks = (headers.get('link') ?? '').split('rel="deprecation"').length - 1
    assert.equal(deprecationLinks, isOnItsWayOut ? 1 : 0, what)

    for (const [name, pattern] of Object.entries(row.has ?? {}))
      assert.match(headers.get(name) ?? '', pattern, what)
    if (row.slug !== undefined) {
      await assertProblem(answer, {
        slug: row.slug,
        ...(row.path === '/orders' ? { instance: await instanceOf(answer) } : {}),
      })
      return
    }
    if (row.cache !== undefined) assert.equal(headers.get('cache-control'), row.cache, what)
    if (row.resource === undefined) return
    assert.match(headers.get('etag') ?? '', /^"[\x21\x23-\x7e]+"$/, what)
    assert.equal(
      headers.get('content-type'),
      `application/vnd.holdfast.${row.resource}+json; version=${version}`,
      what,
    )
  }

  for (const setting of names) {
    for (const version of setting === 'gone' ? [2] : [1, 2]) {
      test(`Settings "${setting}", version ${version}: every row of the table`, async () => {
        const rows = rowsOf(fixture, `${setting}-${version}`)
        for (const row of rows.filter(({ has }) => has?.['idempotency-replayed']))
          await send(setting, row, version)
        await each(rows, async (row) => {
          await hold(setting, row, version, await send(setting, row, version))
        })
      })

      test(`Settings "${setting}", version ${version}: HEAD is GET without the body, and 304 without that`, async () => {
        for (const row of rowsOf(fixture, '').filter(({ method }) => method === 'GET')) {
          const get = await send(setting, row, version)
          await get.arrayBuffer()
          const head = await send(setting, { ...row, method: 'HEAD' }, version)
          assert.equal(await head.text(), '')
          assert.deepEqual(lasting(head), lasting(get), `${setting}: HEAD ${row.path}`)
          const etag = get.headers.get('etag')
          if (etag === null) continue
          for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
            const known = await send(setting, row, version, { 'if-none-match': tags })
            assert.equal(known.status, 304, `${row.path} with ${tags}`)
            const { 'content-type': _, 'content-length': __, ...same } = lasting(get)
            assert.deepEqual(lasting(known), same, `${setting}: 304 ${row.path}`)
          }
        }
      })
    }
  }

  test('No two versions of anything share an entity tag, and both media types of one are told apart', async () => {
    for (const row of rowsOf(fixture, '').filter(
      ({ cache, resource, method }) => cache && resource && method === 'GET',
    )) {
      const tags = await Promise.all(
        [1, 2].map(async (version) => (await send('plain', row, version)).headers.get('etag')),
      )
      assert.equal(new Set(tags).size, 2, row.path)
      const [one = null] = tags
      assert.equal((await send('plain', row, 2, { 'if-none-match': one ?? '' })).status, 200, row.path)
      const json = await send('plain', row, 1, { accept: 'application/json' })
      assert.equal(json.headers.get('content-type'), 'application/json; charset=utf-8')
    }
  })

  test('Version 1 that is gone answers 410 with its dates, whether it was named or left to the default', async () => {
    for (const row of rowsOf(fixture, 'gone').filter(
      ({ resource, slug }) => resource && slug === undefined,
    )) {
      for (const accept of [undefined, '*/*', 'application/json']) {
        const answer = await send('gone', row, 1, accept === undefined ? {} : { accept })
        assert.equal(answer.headers.get('deprecation'), '@1577836800')
        assert.equal(answer.headers.get('sunset'), 'Fri, 01 Jan 2021 00:00:00 GMT')
        assert.match(answer.headers.get('link') ?? '', /rel="deprecation"/)
        assert.match(answer.headers.get('vary') ?? '', /\bOrigin\b/)
        await assertProblem(answer, {
          slug: 'version-sunset',
          detail: /version=2/,
          extensions: {
            available: [`application/vnd.holdfast.${row.resource}+json; version=2`, 'application/json'],
          },
        })
      }
    }
  })

  test('A declined order says, too, that its version is on its way out', async () => {
    const body = { productId: 'desk', quantity: 1, paymentToken: 'pm_card_visa_chargeDeclined' }
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'declined-and-deprecated' }
    const row: Row = { method: 'POST', path: '/orders', status: 402, resource: 'order', headers, body }
    for (const _ of ['first', 'replayed']) {
      const answer = await send('announced', row, 1)
      assert.match(answer.headers.get('link') ?? '', /rel="deprecation", <.+>; rel="help"$/)
      await assertProblem(answer, { slug: 'payment-declined' })
    }
  })

  test('The link of a deprecation leads to the port that is really listened on', async () => {
    const api = apis.get('announced')
    const answer = await fetch(`${api}/products`)
    assert.ok(answer.headers.get('link')?.startsWith(`<${api}/problems/version-sunset>; rel="deprecation"`))
  })

  test('An id longer than any is not found in the way of all others', async () => {
    const row: Row = { method: 'GET', path: `/orders/${'x'.repeat(200)}`, status: 404, resource: 'order' }
    const answer = await send('announced', row, 2)
    assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN)
    assert.equal(answer.headers.get('api-version'), '2')
    await assertProblem(answer, { slug: 'not-found' })
    await assertProblem(await send('announced', { ...row, anonymous: true }, 2), { slug: 'unauthorized' })
  })

  test('Too many requests, and a database that is away, say when to come again', async () => {
    const limited = (await shop.startAnother({ RATE_LIMIT_MAX: '1', CORS_ORIGINS: ORIGIN })).api
    const alone = await startService(
      lifetime,
      {
        databaseUrl: 'postgres://nobody@127.0.0.1:9/none',
        paymentUrl: shop.payment.url,
        inventoryUrl: shop.warehouse.url,
      },
      { CORS_ORIGINS: ORIGIN, PUBLIC_URL: 'https://api.example.com' },
    )
    await fetch(`${limited}/products`, { headers: { authorization: `Bearer ${shop.token}` } })
    const paths = ['/products', '/products/desk', '/orders', `/orders/${fixture.open}`, '/users/me']
    await Promise.all(
      paths.map(async (path) => {
        const headers = { authorization: `Bearer ${shop.token}`, origin: ORIGIN }
        for (const [api, slug] of [
          [limited, 'rate-limited'],
          [alone.api, 'service-unavailable'],
        ] as const) {
          const answer = await fetch(`${api}${path}`, { headers })
          assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN)
          await assertProblem(answer, {
            slug,
            headers: {
              'retry-after': /^[1-9]\d*$/,
              vary: /\bOrigin\b/,
              ratelimit: /^"default";r=\d+;t=\d+$/,
            },
          })
        }
      }),
    )
  })
})

/** The headers that are the same when the same is asked again. */
function lasting({ headers }: Response): Record<string, string> {
  const passing = ['date', 'ratelimit', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']
  return Object.fromEntries([...headers].filter(([name]) => !passing.includes(name)))
}

/** A refusal that was kept with its key has the id of the request that first met it. */
async function instanceOf(answer: Response): Promise<string> {
  return (await bodyOf(answer.clone())).instance
}
