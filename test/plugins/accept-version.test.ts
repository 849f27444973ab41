import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import cors from '@fastify/cors'
import { varyOnVersion } from '#plugins/accept-version.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { sendRaw } from '../support/raw-http.ts'
import { versionedService } from './accept-version-service.ts'

const V1 = 'application/vnd.holdfast.order+json; version=1'
const V2 = 'application/vnd.holdfast.order+json; version=2'
const JSON_TYPE = 'application/json; charset=utf-8'
const ORDER = 'application/vnd.holdfast.order+json'
const FAMILY = 'application/vnd.holdfast+json'

type Case = [accept: string | undefined, acceptVersion: string | undefined, expected: string]

/** What is answered: `2 <media type>`, or the slug of the refusal. */
const cases: Record<string, Case[]> = {
  'a client that asks for nothing gets plain JSON in the default version': [
    [undefined, undefined, `1 ${JSON_TYPE}`],
    ['*/*', undefined, `1 ${JSON_TYPE}`],
    ['application/*', undefined, `1 ${JSON_TYPE}`],
    ['application/json', undefined, `1 ${JSON_TYPE}`],
    ['text/html, */*;q=0.1', undefined, `1 ${JSON_TYPE}`],
  ],
  'a resource type, the family type and plain JSON give the version they name': [
    [`${ORDER}; version=2`, undefined, `2 ${V2}`],
    [`${FAMILY}; version=2`, undefined, `2 ${V2}`],
    ['application/json; version=2', undefined, `2 ${JSON_TYPE}`],
    ['*/*; version=2', undefined, `2 ${JSON_TYPE}`],
    [ORDER, undefined, `1 ${V1}`],
    [FAMILY, undefined, `1 ${V1}`],
  ],
  'the most specific range decides the quality': [
    [`*/*, ${ORDER};version=2;q=0.5`, undefined, `1 ${V1}`],
    ['application/json;q=0.2, application/*;q=0.9', undefined, `1 ${V1}`],
    [`application/json;version=1;q=0.1, application/json;q=0.3`, undefined, `2 ${JSON_TYPE}`],
    [`${FAMILY};q=0.4, application/json;q=0.3`, undefined, `1 ${V1}`],
  ],
  'a quality of zero excludes': [
    ['application/json;version=1;q=0, application/json', undefined, `2 ${JSON_TYPE}`],
    [`${ORDER};q=0, application/json;q=0.000, */*`, undefined, 'not-acceptable'],
    ['*/*;q=0', undefined, 'not-acceptable'],
  ],
  'case, quotes and charset=utf-8 make no difference': [
    ['APPLICATION/VND.Holdfast.Order+JSON; VERSION="2"', undefined, `2 ${V2}`],
    [`${ORDER};version="\\2"`, undefined, `2 ${V2}`],
    ['application/json; Charset="UTF-8"', undefined, `1 ${JSON_TYPE}`],
    [`${ORDER}; charset=utf-8; version=2`, undefined, `2 ${V2}`],
    [`${ORDER};q=0.5;version=2`, undefined, `2 ${V2}`],
  ],
  'any other parameter matches nothing': [
    ['application/json; charset=latin1', undefined, 'not-acceptable'],
    [`${ORDER}; version=2; profile=x`, undefined, 'not-acceptable'],
    [`${ORDER}; version=1; version=2`, undefined, 'not-acceptable'],
    [`${ORDER}; version=02`, undefined, 'not-acceptable'],
  ],
  'a range that does not parse is ignored, and a header of nothing else counts as absent': [
    [`${ORDER}; version=2; q=0.1234, application/json; q=0.1`, undefined, `1 ${JSON_TYPE}`],
    ['json', undefined, `1 ${JSON_TYPE}`],
    ['', undefined, `1 ${JSON_TYPE}`],
    [', ,', undefined, `1 ${JSON_TYPE}`],
    [`${ORDER}; version`, undefined, `1 ${JSON_TYPE}`],
    [`${ORDER} version=2, text/html`, undefined, 'not-acceptable'],
    [`text/html; title="${ORDER}; version=2, */*"`, undefined, 'not-acceptable'],
  ],
  'Accept-Version narrows the candidates': [
    [undefined, '2', `2 ${JSON_TYPE}`],
    [ORDER, '2', `2 ${V2}`],
    [`${ORDER};version=1`, '2', 'not-acceptable'],
    [`${ORDER};version=1, application/json;q=0.1`, '2', `2 ${JSON_TYPE}`],
    [undefined, '3', 'not-acceptable'],
    [undefined, '99999999999999999999', 'not-acceptable'],
  ],
  'an Accept-Version that is no positive integer is malformed': [
    [undefined, '', 'malformed-request'],
    [undefined, '0', 'malformed-request'],
    [undefined, '-1', 'malformed-request'],
    [undefined, '1.0', 'malformed-request'],
    [undefined, 'two', 'malformed-request'],
    [undefined, '1, 2', 'malformed-request'],
    ['text/html', '٢', 'malformed-request'],
  ],
  'among equals the more specific, then the default, then the newer, then the resource type': [
    [`${ORDER};version=2, application/json`, undefined, `2 ${V2}`],
    [`application/json, ${ORDER}`, undefined, `1 ${V1}`],
    [`application/json, ${FAMILY}`, undefined, `1 ${V1}`],
    [`application/json;version=2, ${ORDER};version=2`, undefined, `2 ${V2}`],
    [`${ORDER};version=1, ${ORDER};version=2`, undefined, `1 ${V1}`],
    [`${ORDER}, */*`, undefined, `1 ${V1}`],
  ],
  'another service’s type and version are no word about ours': [
    ['text/plain;version=0.0.4;q=0.5, */*;q=0.1', undefined, `1 ${JSON_TYPE}`],
    ['application/vnd.holdfast.user+json; version=2', undefined, 'not-acceptable'],
    ['*/json', undefined, 'not-acceptable'],
  ],
}

for (const [sentence, rows] of Object.entries(cases)) {
  test(sentence, async (t) => {
    const app = await versionedService(t)
    for (const [accept, acceptVersion, expected] of rows) {
      const headers = {
        ...(accept === undefined ? {} : { accept }),
        ...(acceptVersion === undefined ? {} : { 'accept-version': acceptVersion }),
      }
      // Twice: decided, then remembered.
      for (const method of ['GET', 'HEAD', 'GET'] as const) {
        const response = await app.inject({ method, url: '/orders/1', headers })
        const { headers: answered, statusCode } = response
        assert.equal(answered.vary, 'Accept, Accept-Version')
        if (method === 'HEAD') {
          if (statusCode === 200)
            assert.equal(`${answered['api-version']} ${answered['content-type']}`, expected)
          continue
        }
        const got =
          statusCode === 200
            ? `${answered['api-version']} ${answered['content-type']}`
            : response.json().type.split('/').at(-1)
        assert.equal(got, expected, `Accept: ${accept}, Accept-Version: ${acceptVersion}`)
        if (statusCode === 200) assert.equal(response.json().version, Number(answered['api-version']))
      }
    }
  })
}

test('a 406 lists every media type that could be asked for', async (t) => {
  const app = await versionedService(t)
  const response = await app.inject({ url: '/orders/1', headers: { accept: 'text/html' } })
  await assertProblem(response, {
    slug: 'not-acceptable',
    extensions: { available: [V1, V2, 'application/json'] },
  })
})

test('Vary stands on every answer of a versioned route and on that of an unknown path', async (t) => {
  const app = await versionedService(t)
  const refused = await app.inject('/private')
  await assertProblem(refused, { slug: 'unauthorized', headers: { vary: 'Accept, Accept-Version' } })
  await assertProblem(await app.inject('/scoped'), { slug: 'unauthorized' })
  await assertProblem(await app.inject('/broken'), { slug: 'internal-error' })
  await assertProblem(await app.inject('/nowhere'), { slug: 'not-found' })
  await assertProblem(await app.inject({ method: 'PUT', url: '/orders/1' }), { slug: 'method-not-allowed' })
  const head = await app.inject({ method: 'HEAD', url: '/private' })
  assert.equal(head.statusCode, 401)
  assert.equal(head.headers.vary, 'Accept, Accept-Version')
  assert.equal((await app.inject('/health')).headers.vary, undefined)
})

test('Vary is merged with what else varies, each name once', async (t) => {
  const shops = ['https://shop.example.com', 'https://other.example.com']
  const app = await versionedService(t, {}, async (app) => app.register(cors, { origin: shops }))
  assert.equal((await app.inject('/orders/1')).headers.vary, 'Accept, Accept-Version, Origin')
  await assertVary(t, 'accept, X-Other,ACCEPT-VERSION', 'Accept, Accept-Version, X-Other')
  await assertVary(t, '*', '*')
})

async function assertVary(t: TestContext, set: string, expected: string): Promise<void> {
  const app = await versionedService(t, {}, async (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('Vary', set)
    })
  })
  assert.equal((await app.inject('/orders/1')).headers.vary, expected)
}

test('an answer that no route gives can be told to vary too', async (t) => {
  const app = await versionedService(t, {}, async (app) => {
    app.get('/elsewhere', async (_request, reply) => {
      varyOnVersion(reply.header('vary', 'accept-encoding'))
      return ''
    })
  })
  assert.equal((await app.inject('/elsewhere')).headers.vary, 'Accept, Accept-Version, accept-encoding')
})

test('two Accept headers on the wire are one list', async (t) => {
  const app = await versionedService(t)
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  const request = `GET /orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: text/html\r\nAccept: \t${ORDER} ;\tversion=2 \r\n\r\n`
  const answer = await sendRaw(port, request)
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(answer, /content-type: application\/vnd\.holdfast\.order\+json; version=2\r\n/)
  assert.match(answer, /api-version: 2\r\n/)
})
