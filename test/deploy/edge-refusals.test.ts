import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { before, describe, test } from 'node:test'
import { type ProblemSlug, problems } from '#src/problems.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import { startService } from '../support/service.ts'
import { connect, stock } from '../support/shop.ts'
import { edges } from './edges.ts'
import { ask } from './http-client.ts'

type Refused = [what: string, bytes: string, slug: ProblemSlug, detail?: string]

const CLOSED = 'Host: shop\r\nConnection: close\r\n'
const LONG = 'x'.repeat(40_000)
const BODY = 'x'.repeat(1_100_000)
const WITHOUT_HOST = 'GET /products HTTP/1.1\r\nConnection: close\r\n\r\n'

/** What each edge refuses by itself: the service never hears of it. */
const refused: Record<string, Refused[]> = {
  Varnish: [['no Host', WITHOUT_HOST, 'malformed-request', 'The Host header is missing.']],
  nginx: [
    ['no Host', WITHOUT_HOST, 'malformed-request'],
    ...['/products/%zz', '/%zz', '/products/%00', '/../x'].map((target): Refused => {
      return [target, `GET ${target} HTTP/1.1\r\n${CLOSED}\r\n`, 'malformed-request']
    }),
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${CLOSED}\r\n`, 'malformed-request'],
    ['no request at all', 'GARBAGE\r\n\r\n', 'malformed-request'],
    ['no method', `G<T / HTTP/1.1\r\n${CLOSED}\r\n`, 'malformed-request'],
    ['a tunnel', `CONNECT shop:80 HTTP/1.1\r\n${CLOSED}\r\n`, 'malformed-request'],
    ['HTTP/2.0', `GET /products HTTP/2.0\r\n${CLOSED}\r\n`, 'malformed-request'],
    [
      'a coding that is not chunked',
      `POST /orders HTTP/1.1\r\n${CLOSED}Transfer-Encoding: gzip\r\n\r\n`,
      'malformed-request',
    ],
    [
      'two lengths',
      `POST /orders HTTP/1.1\r\n${CLOSED}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      'malformed-request',
    ],
    ['a long URL', `GET /products?cursor=${LONG} HTTP/1.1\r\n${CLOSED}\r\n`, 'uri-too-long'],
    ['a long header', `GET /products HTTP/1.1\r\n${CLOSED}X: ${LONG}\r\n\r\n`, 'header-fields-too-large'],
    [
      'a large body',
      `POST /orders HTTP/1.1\r\n${CLOSED}Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
      'payload-too-large',
    ],
    ['TRACE', `TRACE /products HTTP/1.1\r\n${CLOSED}\r\n`, 'method-not-allowed'],
    ['its own page', `GET /edge-problem HTTP/1.1\r\n${CLOSED}\r\n`, 'not-found'],
  ],
}

for (const { name, needs: needed, start } of edges) {
  describe(`What ${name} says by itself`, needs(needed), () => {
    const lifetime = lifetimeOfSuite()
    let edge: string

    before(async () => {
      const databaseUrl = await createDatabase(lifetime)
      await stock(connect(lifetime, databaseUrl), { kept: 5 })
      const [payment, warehouse] = await Promise.all([
        startFakePayment(lifetime),
        startFakeWarehouse(lifetime),
      ])
      const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
      const { api } = await startService(lifetime, parts)
      edge = await start(lifetime, Number(new URL(api).port))
    })

    for (const [what, bytes, slug, detail = problems[slug].detail] of refused[name] ?? []) {
      test(`It refuses ${what} with a problem`, async () => {
        const [answer, ...others] = parseAnswers(await sendRaw(Number(new URL(edge).port), bytes, 10_000))
        assert.ok(answer)
        assert.deepEqual(others, [])
        const headers = slug === 'method-not-allowed' ? { allow: 'GET, HEAD' } : {}
        await assertProblem(answer, { slug, detail, headers })
      })
    }

    test('It takes HTTP/1.0 without a Host', async () => {
      for (const path of ['/products/kept', '/livez']) {
        const bytes = `GET ${path} HTTP/1.0\r\n\r\n`
        const [answer] = parseAnswers(await sendRaw(Number(new URL(edge).port), bytes, 10_000))
        assert.equal(answer?.status, 200, path)
      }
    })

    test('It judges no precondition that is for the service to judge', async () => {
      const { headers } = await ask(`${edge}/products/kept`)
      const held: Record<string, string>[] = [
        { 'if-match': String(headers.etag) },
        { 'if-match': '*' },
        // A product has no date of its own, and then it is to be ignored (RFC 9110 section 13.1.4).
        { 'if-unmodified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' },
      ]
      for (const headers of held) {
        const answer = await ask(`${edge}/products/kept`, { headers })
        assert.equal(answer.status, 200, JSON.stringify(headers))
      }
      for (const etag of ['"another"', '']) {
        // On a connection of its own: nginx closes it after its 412, and says that it is kept.
        const { status, ...answer } = await ask(`${edge}/products/kept`, {
          headers: { 'if-match': etag },
          agent: new Agent(),
        })
        await assertProblem({ statusCode: status, ...answer }, { slug: 'precondition-failed' })
      }
      assert.match(String((await ask(`${edge}/products/kept`)).headers['cache-status']), /edge; hit/)
    })
  })
}
