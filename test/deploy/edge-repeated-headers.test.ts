import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { connect, stock } from '../support/shop.ts'
import { edges } from './edges.ts'
import { type Answer, ask } from './http-client.ts'
import { type OriginLine, startOriginLine } from './origin-line.ts'

const SHOP = 'https://shop.test'
const OTHER_SHOP = 'https://other.test'
const V2 = 'application/json; version=2'

/** Of what comes twice a cache may take the first line where the service reads both as one, or the other way round. */
const repeated: Record<string, readonly string[]> = {
  origin: [SHOP, OTHER_SHOP, 'x', ''],
  accept: [V2, 'application/json', 'text/html', ''],
  'accept-version': ['2', '1', 'x', ''],
  'accept-encoding': ['gzip', 'identity;q=0', 'x', ''],
  authorization: ['Bearer x', 'Basic x', ''],
  cookie: ['a=1', 'b=2'],
  range: ['bytes=0-1', 'bytes=5-', 'x'],
  'if-range': ['"x"', ''],
  'if-match': ['"x"', '*', ''],
  'if-none-match': ['*', '"x"', ''],
  'if-modified-since': ['Fri, 01 Jan 2100 00:00:00 GMT', 'x'],
  'if-unmodified-since': ['Mon, 01 Jan 2001 00:00:00 GMT', 'x', ''],
  'x-forwarded-for': ['192.0.2.1', 'x'],
  'x-forwarded-host': ['evil.test', 'x'],
  'x-forwarded-proto': ['https', 'x'],
  forwarded: ['host=evil.test', 'x'],
  'x-request-id': ['one', 'two', 'not a name'],
}

/** Everybody whose copy may be wrong. */
const readers: Record<string, string>[] = [
  {},
  { origin: SHOP },
  { origin: OTHER_SHOP },
  { accept: V2 },
  { accept: V2, origin: SHOP },
]

const pairs = Object.entries(repeated).flatMap(([name, values]) =>
  values.flatMap((first) => values.map((second) => ({ name, both: [first, second] }))),
)

/** What a page or program makes of an answer. */
const essence = ({ status, headers, body }: Answer) => ({
  status,
  type: headers['content-type'],
  coding: headers['content-encoding'],
  version: headers['api-version'],
  readableBy: headers['access-control-allow-origin'],
  vary: headers.vary,
  etag: headers.etag,
  body,
})

for (const { name, needs: needed, start } of edges) {
  describe(`Headers that come twice to ${name}`, needs(needed), () => {
    const lifetime = lifetimeOfSuite()
    let service: ServiceProcess
    let line: OriginLine
    let edge: string

    before(async () => {
      const databaseUrl = await createDatabase(lifetime)
      await stock(connect(lifetime, databaseUrl), { desk: 5 })
      const [payment, warehouse] = await Promise.all([
        startFakePayment(lifetime),
        startFakeWarehouse(lifetime),
      ])
      const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
      service = await startService(lifetime, parts, { CORS_ORIGINS: `${SHOP},${OTHER_SHOP}` })
      line = await startOriginLine(lifetime, service.api)
      edge = await start(lifetime, line.port)
    })

    test('What they are answered is kept for nobody who sends one or none', async () => {
      const direct = await Promise.all(
        readers.map(async (headers) => essence(await ask(`${service.api}/products/desk`, { headers }))),
      )
      for (const [index, { name, both }] of pairs.entries()) {
        const mine = `${edge}/products/desk?of=${index}`
        for (const headers of readers) await ask(mine, { headers: { ...headers, [name]: both } })
        const after = await Promise.all(readers.map(async (headers) => essence(await ask(mine, { headers }))))
        assert.deepEqual(after, direct, `after ${name}: ${both.join(' | ')}`)
      }
    })

    test('A request with two names has the one that its answer has', async () => {
      const answer = await ask(`${edge}/products/desk?named-twice`, {
        headers: { 'x-request-id': ['one', 'two'] },
      })
      assert.equal(answer.headers['x-request-id'], line.asked.at(-1)?.headers['x-request-id'])
    })
  })
}
