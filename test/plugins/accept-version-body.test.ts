import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { createBodyTypeReader, resourceBodies } from '#plugins/accept-version/body-types.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { sendRaw } from '../support/raw-http.ts'
import { ORDER, PATCHES, versionedService } from './accept-version-service.ts'

const RESOURCE = 'application/vnd.holdfast.order+json'
const FAMILY = 'application/vnd.holdfast+json'
const ACCEPT_POST = `${RESOURCE}; version=1, ${RESOURCE}; version=2, ${FAMILY}, application/json`

const post = (app: FastifyInstance, type: string | undefined, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/orders',
    headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
    payload: type === undefined ? Buffer.alloc(0) : '{"a":1}',
  })

test('a body is read in the version of its own type, or else in the negotiated one', async (t) => {
  const app = await versionedService(t)
  for (const [type, acceptVersion, bodyVersion] of [
    [`${RESOURCE}; version=2`, '1', 2],
    [`${RESOURCE};version="1"`, '2', 1],
    [`${FAMILY}; version=2`, '1', 2],
    ['application/json; version=2', '1', 2],
    [RESOURCE, '2', 2],
    [FAMILY, '2', 2],
    ['application/json', '2', 2],
    ['application/json', '1', 1],
    ['APPLICATION/Json;CHARSET="Utf-8"', '1', 1],
    [`${RESOURCE}\t; charset=utf-8 ;version=2`, '1', 2],
    ['application/json;', '1', 1],
  ] as const) {
    const response = await post(app, type, { 'accept-version': acceptVersion })
    assert.equal(response.statusCode, 200, `${type}: ${response.body}`)
    assert.deepEqual(response.json(), { version: Number(acceptVersion), bodyVersion, body: { a: 1 } })
  }
})

test('any other type of body is refused with what is read', async (t) => {
  const app = await versionedService(t)
  for (const type of [
    undefined,
    'text/plain',
    'application/vnd.holdfast.user+json',
    'application/vnd.other+json',
    'application/json-patch+json',
    `${RESOURCE}; version=3`,
    `${RESOURCE}; version=02`,
    `${RESOURCE}; version=1; version=1`,
    'application/json; charset=utf-8; charset=utf-8',
    'application/json; charset=utf-16',
    'application/json; profile=x',
    'application/json; profile=utf-8',
    'application/json; q=1',
    'application/json, application/json',
    'application/json x',
    'application/json\t x',
    'application/json;\u00a0charset=utf-8',
    'application/ json',
    'application /json',
    'application/json; version =1',
    'application/json; version= 1',
    "application/json; version='1'",
    'application/json; version="1',
    'application/json; version',
    '*/*',
    'application/*',
    'a'.repeat(5_000),
  ]) {
    await assertProblem(await post(app, type), {
      slug: 'unsupported-media-type',
      headers: { 'accept-post': ACCEPT_POST },
    })
  }
})

test('the version is refused before the body’s type, and both before the body', async (t) => {
  const app = await versionedService(t)
  await assertProblem(await post(app, 'text/plain', { accept: 'text/html' }), { slug: 'not-acceptable' })
  const broken = {
    method: 'POST',
    url: '/orders',
    payload: '{',
    headers: { 'content-type': 'text/x' },
  } as const
  await assertProblem(await app.inject(broken), { slug: 'unsupported-media-type' })
})

test('who writes bodies in a version on its way out is told so, and once it is gone, that it is', async (t) => {
  const lifecycles = { 1: { deprecation: new Date(0), sunset: new Date(1_000) } }
  let time = 999
  const app = await versionedService(t, { lifecycles, defaultVersion: 2, now: () => time })
  const told = { deprecation: '@0', sunset: 'Thu, 01 Jan 1970 00:00:01 GMT', link: /rel="deprecation"/ }
  const old = await post(app, `${RESOURCE}; version=1`)
  assert.deepEqual(old.json(), { version: 2, bodyVersion: 1, body: { a: 1 } })
  for (const [name, value] of Object.entries(told)) {
    const said = String(old.headers[name])
    assert.ok(typeof value === 'string' ? said === value : value.test(said), `${name}: ${said}`)
  }
  assert.equal((await post(app, RESOURCE)).headers.deprecation, undefined)

  time = 1_000
  const available = [`${RESOURCE}; version=2`, FAMILY, 'application/json']
  for (const type of [`${RESOURCE}; version=1`, 'application/json; version=1']) {
    await assertProblem(await post(app, type), {
      slug: 'version-sunset',
      detail: `Version 1 is gone since ${told.sunset}. Send the body as one of: ${available.join(', ')}.`,
      extensions: { available },
      headers: told,
    })
  }
  await assertProblem(await post(app, 'text/plain'), {
    slug: 'unsupported-media-type',
    headers: { 'accept-post': available.join(', ') },
  })
  assert.equal((await post(app, RESOURCE)).json().bodyVersion, 2)
})

test('a patch is read in its media types only, and the refusal names them', async (t) => {
  const app = await versionedService(t)
  app.addContentTypeParser(PATCHES, { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))
  const patch = (type: string) =>
    app.inject({ method: 'PATCH', url: '/orders/1', headers: { 'content-type': type }, payload: '[]' })
  for (const type of ['application/json-patch+json', 'Application/Merge-Patch+JSON; charset=utf-8']) {
    const response = await patch(type)
    assert.deepEqual(response.json(), { type: type.split(';')[0]?.toLowerCase(), bodyVersion: 1 })
  }
  for (const type of ['application/json', RESOURCE, 'application/json-patch+json; version=1', 'text/plain']) {
    await assertProblem(await patch(type), {
      slug: 'unsupported-media-type',
      headers: { 'accept-patch': 'application/json-patch+json, application/merge-patch+json' },
    })
  }
})

test('two Content-Type headers are refused', async (t) => {
  const app = await versionedService(t)
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  const headers = 'Host: a\r\nConnection: close\r\nContent-Length: 2'
  const type = 'Content-Type: application/json\r\n'
  const once = await sendRaw(port, `POST /orders HTTP/1.1\r\n${headers}\r\n${type}\r\n{}`)
  assert.match(once, /^HTTP\/1\.1 200 /)
  const twice = await sendRaw(port, `POST /orders HTTP/1.1\r\n${headers}\r\n${type}${type}\r\n{}`)
  assert.match(twice, /^HTTP\/1\.1 415 /)
})

test('no string but a well-formed member of the list is taken for a body', () => {
  const { read } = createBodyTypeReader(resourceBodies('holdfast', ORDER))
  const allowed =
    /^(?:application\/vnd\.holdfast(?:\.order)?\+json|application\/json)(?:[ \t]*;[ \t]*(?:version=(?:[12]|"\\?[12]")|charset=(?:utf-8|"utf-8"))?)*$/i
  const piece = fc.constantFrom(
    ...['application/json', RESOURCE, FAMILY, ';', ' ', '\t', 'version=1', 'version="2"', 'version="\\1"'],
    ...['charset=utf-8', 'charset="UTF-8"', 'version=3', '=', '"', ',', 'a', '\u00a0', '\r', '\u0000'],
  )
  const header = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  const started = fc.tuple(fc.constantFrom('application/json', RESOURCE, FAMILY), header)
  fc.assert(
    fc.property(
      fc.oneof(
        header,
        started.map((parts) => parts.join('')),
      ),
      (type) => {
        const repeated = ['version', 'charset'].some(
          (name) => type.toLowerCase().split(`${name}=`).length > 2,
        )
        assert.equal(read(type, 1) !== undefined, allowed.test(type) && !repeated)
      },
    ),
    { numRuns: 20_000 },
  )
})
