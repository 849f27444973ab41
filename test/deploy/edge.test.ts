import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { before, beforeEach, describe, test } from 'node:test'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { basket, connect, eventually, stock, tokenOf, V2 } from '../support/shop.ts'
import { edges } from './edges.ts'
import { type Answer, ask } from './http-client.ts'
import { type OriginLine, startOriginLine } from './origin-line.ts'

/** The ways in which clients ask for a product; four answers come of them, and a refusal. */
const kinds: Record<string, string>[] = [
  {},
  { accept: '*/*' },
  { accept: 'application/json' },
  { accept: 'application/json, text/plain, */*' },
  { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' },
  { 'accept-version': '1' },
  { 'accept-version': '2' },
  { accept: 'application/json; version=2' },
  { accept: 'APPLICATION/JSON;Version="2"' },
  { accept: 'application/vnd.holdfast.product+json' },
  { accept: 'application/vnd.holdfast+json; version=1' },
  { accept: 'application/vnd.holdfast.product+json; version=2' },
  { accept: 'application/vnd.holdfast+json;version="2"' },
  { accept: 'application/vnd.holdfast.product+json; version=2, application/json;q=0.5' },
  { accept: 'application/vnd.holdfast.product+json; version=2, */*;q=0.1' },
  { accept: 'application/vnd.holdfast+json', 'accept-version': '2' },
  { accept: 'application/vnd.holdfast.product+json; version=9' },
  { accept: 'text/plain' },
  { accept: 'application/json;q=0.4, application/vnd.holdfast+json;q=0.5' },
  { 'accept-version': 'two' },
]
/** Every form that the edge tells apart among them; a better ratio than one miss for each would be a mix-up. */
const FORMS = 8
/** Those that it does not keep: refusals, and one that it does not judge. */
const NOT_KEPT = kinds.slice(-4)
const ROUNDS = 30

/** What must be the same through the edge as without it. */
const essence = ({ status, headers, body }: Answer) => ({
  status,
  type: headers['content-type'],
  version: headers['api-version'],
  vary: headers.vary,
  etag: headers.etag,
  // A problem names its request.
  body: status === 200 ? body : JSON.parse(body).type,
})

const cacheStatus = (answer: Answer) => String(answer.headers['cache-status']).split(', ').at(-1) ?? ''

for (const { name, needs: needed, start } of edges) {
  describe(`${name} in front of the service`, needs(needed), () => {
    const lifetime = lifetimeOfSuite()
    let service: ServiceProcess
    let sql: ReturnType<typeof connect>
    let parts: Parameters<typeof startService>[1]
    let line: OriginLine
    let edge: string

    // One edge for all, for Varnish compiles its configuration: each test has a product of its own.
    before(async () => {
      const databaseUrl = await createDatabase(lifetime)
      sql = connect(lifetime, databaseUrl)
      const products = [
        'accept',
        'hot',
        'priced',
        'newest',
        'public',
        'named',
        'unnamed',
        'cookie',
        'thrown',
        'old',
        'cold',
      ]
      await stock(sql, Object.fromEntries(products.map((id) => [id, 5])))
      const [payment, warehouse] = await Promise.all([
        startFakePayment(lifetime),
        startFakeWarehouse(lifetime),
      ])
      parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
      service = await startService(lifetime, parts, { PRODUCT_CACHE_MS: '0' })
      line = await startOriginLine(lifetime, service.api)
      edge = await start(lifetime, line.port)
    })

    beforeEach(() => {
      line.asked.length = 0
      line.isQuick = false
    })

    test('Twenty kinds of Accept share eight copies, and each gets what the origin would have said', async (t) => {
      const direct = await Promise.all(
        kinds.map((headers) => ask(`${service.api}/products/accept`, { headers })),
      )
      for (let round = 0; round < ROUNDS; round++) {
        for (const [index, headers] of kinds.entries()) {
          const expected = direct[index]
          assert.ok(expected !== undefined)
          const answer = await ask(`${edge}/products/accept`, { headers })
          assert.deepEqual(essence(answer), essence(expected), JSON.stringify(headers))
        }
      }
      const kept = (kinds.length - NOT_KEPT.length) * ROUNDS
      const misses = line.asked.length - NOT_KEPT.length * ROUNDS
      t.diagnostic(`${kept - misses} of ${kept} from the cache`)
      assert.equal(misses, FORMS)
    })

    test('Lists are kept by page and version', async () => {
      const wishes = [{}, { accept: 'application/vnd.holdfast.product-list+json; version=2' }]
      for (const path of ['/products?limit=1', '/products']) {
        for (const headers of wishes) {
          const expected = await ask(`${service.api}${path}`, { headers })
          for (let round = 0; round < 3; round++) {
            const answer = await ask(`${edge}${path}`, { headers })
            assert.deepEqual(essence(answer), essence(expected))
            assert.equal(answer.headers.link, expected.headers.link)
          }
        }
      }
      assert.equal(line.asked.length, 4)
    })

    test('Fifty who ask at once are one question to the origin', async () => {
      const agent = new Agent({ maxSockets: 50 })
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => ask(`${edge}/products/hot`, { agent })),
      )
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.equal(line.asked.length, 1)
    })

    test('An old copy is asked for by its tag, and a 304 makes it new', async () => {
      line.isQuick = true
      const first = await ask(`${edge}/products/priced`)
      await eventually('a 304', async () => {
        assert.deepEqual(essence(await ask(`${edge}/products/priced`)), essence(first))
        return line.asked.some(({ status }) => status === 304)
      })
      const asked = line.asked.find(({ status }) => status === 304)
      assert.equal(asked?.headers['if-none-match'], first.headers.etag)

      await sql`update products set price = 4242, revision = revision + 1, updated_at = now() where id = 'priced'`
      await eventually('the new price', async () => {
        const { status, body } = await ask(`${edge}/products/priced`)
        return status === 200 && JSON.parse(body).price === 4242
      })
    })

    test('A client that has the newest gets a 304 from the edge', async () => {
      const { headers } = await ask(`${edge}/products/newest`)
      const again = await ask(`${edge}/products/newest`, {
        headers: { 'if-none-match': String(headers.etag) },
      })
      assert.equal(again.status, 304)
      assert.equal(again.headers.vary, headers.vary)
      assert.match(cacheStatus(again), /^edge; hit/)
    })

    test('What belongs to somebody, what failed and what asks for health is never kept', async () => {
      const token = await tokenOf(`customer-of-${name}`)
      const authorization = `Bearer ${token}`
      const placed = await ask(`${edge}/orders`, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': V2,
          accept: V2,
          'idempotency-key': '"through-the-edge"',
        },
        body: JSON.stringify(basket('public')),
      })
      assert.equal(placed.status, 201, placed.body)
      const order = `/orders/${JSON.parse(placed.body).id}`
      const asked: [path: string, headers: Record<string, string>, status: number][] = [
        [order, { authorization }, 200],
        [order, {}, 401],
        ['/users/me', { authorization }, 200],
        ['/products/public', { authorization }, 200],
        ['/products/none', {}, 404],
        ['/products/public', { accept: 'text/html' }, 406],
        ['/products?limit=none', {}, 400],
        ['/readyz', {}, 200],
        ['/health', {}, 200],
      ]
      for (const [path, headers, status] of asked) {
        line.asked.length = 0
        for (let round = 0; round < 3; round++) {
          const answer = await ask(`${edge}${path}`, { headers })
          assert.equal(answer.status, status, path)
          assert.match(cacheStatus(answer), /^edge; fwd=(?:bypass|miss)$/)
        }
        assert.equal(line.asked.length, 3, path)
      }
    })

    test('A request keeps its name, and an answer from the cache has the name of its own request', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
      for (const id of ['one', 'two']) {
        const answer = await ask(`${edge}/products/named`, { headers: { 'x-request-id': id, traceparent } })
        assert.equal(answer.headers['x-request-id'], id)
      }
      const named = line.asked.at(-1)?.headers
      assert.equal(named?.['x-request-id'], 'one')
      assert.equal(named?.traceparent, traceparent)
      const unnamed = await ask(`${edge}/products/unnamed`, { headers: { 'x-request-id': 'not a name' } })
      assert.match(String(unnamed.headers['x-request-id']), /^[A-Za-z0-9._-]{8,128}$/)
      assert.equal(line.asked.at(-1)?.headers['x-request-id'], unnamed.headers['x-request-id'])
    })

    test('Cookies go no further, and make no copy of their own', async () => {
      for (const cookie of ['a=1', 'b=2']) await ask(`${edge}/products/cookie`, { headers: { cookie } })
      assert.equal(line.asked.length, 1)
      assert.equal(line.asked[0]?.headers.cookie, undefined)
    })

    test('A product can be thrown away by those who may', async () => {
      await ask(`${edge}/products/thrown`)
      line.asked.length = 0
      if (name === 'Varnish') {
        await ask(`${edge}/products?limit=9`)
        assert.equal((await ask(`${edge}/products/thrown`, { method: 'PURGE' })).status, 200)
        await ask(`${edge}/products?limit=9`)
        await ask(`${edge}/products/thrown`)
        assert.deepEqual(
          line.asked.map(({ url }) => url),
          ['/products?limit=9', '/products?limit=9', '/products/thrown'],
        )
      } else {
        await ask(`${edge}/products/thrown`, { headers: { 'cache-control': 'no-cache' } })
        assert.equal(line.asked.length, 1)
      }
    })

    test('While the origin is away what was kept is shown, and what was not is 503, as a problem', async (t) => {
      line.isQuick = true
      const wishes = [{}, { accept: 'application/vnd.holdfast+json; version=2' }]
      const before = await Promise.all(wishes.map((headers) => ask(`${edge}/products/old`, { headers })))
      // Past max-age and stale-while-revalidate, in whole seconds as nginx counts, so that it is the failure that lets the copy be shown.
      const keptAt = performance.now()
      await eventually('copies to be old', () => performance.now() - keptAt > 3_200)
      const failures = [
        async () => {
          line.isFailing = true
        },
        () => service.kill(),
      ]
      for (const fail of failures) {
        await fail()
        for (const [index, headers] of wishes.entries()) {
          const answer = await ask(`${edge}/products/old`, { headers })
          assert.deepEqual(essence(answer), essence(before[index] ?? answer))
          assert.match(cacheStatus(answer), /^edge; hit.*detail=stale/)
        }
      }
      line.isFailing = false
      const missing = await ask(`${edge}/products/cold`)
      assert.equal(missing.status, 503)
      assert.equal(missing.headers['content-type'], 'application/problem+json')
      assert.equal(missing.headers['cache-control'], 'no-store')
      assert.equal(missing.headers.vary, 'Accept, Accept-Version')
      assert.ok(Number(missing.headers['retry-after']) > 0)
      const problem = JSON.parse(missing.body)
      assert.equal(problem.type, '/problems/service-unavailable')
      assert.equal(problem.instance, missing.headers['x-request-id'])

      service = await startService(t, parts)
      line.target = service.api
      for (const id of ['old', 'cold']) {
        await eventually(`the origin to be asked for ${id}`, async () => {
          const answer = await ask(`${edge}/products/${id}`)
          return answer.status === 200 && !cacheStatus(answer).includes('stale')
        })
      }
    })
  })
}
