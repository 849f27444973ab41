import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InjectOptions } from 'fastify'
import { assertProblem, type ExpectedProblem } from '../../support/assert-problem.ts'
import { buildProblemApp } from '../../support/problem-app.ts'

const json = { 'content-type': 'application/json' }
const close = { method: 'POST', url: '/things/1/close' } as const
const refused: [string, InjectOptions, ExpectedProblem][] = [
  ['an unknown path', { url: '/nothing' }, { slug: 'not-found' }],
  [
    'an unknown path, before its body',
    { method: 'POST', url: '/no', headers: json, payload: '{' },
    { slug: 'not-found' },
  ],
  [
    'a known path with another method',
    { method: 'DELETE', url: '/things/1?x=1' },
    {
      slug: 'method-not-allowed',
      detail: 'DELETE is not among GET, HEAD, OPTIONS, PATCH.',
      headers: { allow: 'GET, HEAD, OPTIONS, PATCH' },
    },
  ],
  [
    'GET where only POST is',
    { url: '/things/1/close' },
    {
      slug: 'method-not-allowed',
      headers: { allow: 'OPTIONS, POST' },
    },
  ],
  ['an empty segment where an id belongs', { url: '/things/' }, { slug: 'not-found' }],
  ['an empty segment in the middle', { method: 'POST', url: '/things//close' }, { slug: 'not-found' }],
  ['an empty segment with another method', { method: 'PUT', url: '/things/?x=1' }, { slug: 'not-found' }],
  ['a method nobody has', { method: 'PROPFIND' as 'GET', url: '/things/1' }, { slug: 'method-not-allowed' }],
  ['TRACE', { method: 'TRACE' as 'GET', url: '/things/1' }, { slug: 'method-not-allowed' }],
  [
    'another method, before its body',
    { method: 'PUT', url: '/things/1', headers: json, payload: '{' },
    {
      slug: 'method-not-allowed',
    },
  ],
  ['a URL that cannot be decoded', { url: '/things/%zz' }, { slug: 'malformed-request', detail: /URL/ }],
  ['a parameter longer than any id', { url: `/things/${'a'.repeat(200)}` }, { slug: 'not-found' }],
  ['a URL over 4 KiB', { url: `/things/1?${'a'.repeat(4_100)}` }, { slug: 'uri-too-long' }],
  ['a path over 4 KiB', { url: `/things/${'a'.repeat(4_100)}` }, { slug: 'uri-too-long' }],
  ['a Host that is none', { url: '/things/1', headers: { host: 'a b' } }, { slug: 'malformed-request' }],
  [
    'a body over the limit',
    { ...close, headers: json, payload: `"${'a'.repeat(1_001)}"` },
    { slug: 'payload-too-large' },
  ],
  ['an empty body', { ...close, headers: json, payload: '' }, { slug: 'malformed-request', detail: /empty/ }],
  ['a body that is not JSON', { ...close, headers: json, payload: '{' }, { slug: 'malformed-request' }],
  [
    'a body of no known type',
    { ...close, headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
    {
      slug: 'unsupported-media-type',
    },
  ],
  [
    'a Content-Type that is none',
    { ...close, headers: { 'content-type': ' ;;' }, payload: 'x' },
    {
      slug: 'unsupported-media-type',
    },
  ],
]

const origin = 'https://shop.example.com'
for (const [what, request, expected] of refused) {
  test(`${what} is answered as ${expected.slug}, which a page of another origin can read`, async () => {
    const app = await buildProblemApp()
    const response = await app.inject({ ...request, headers: { ...request.headers, origin } })
    await assertProblem(response, expected)
    assert.equal(response.headers['access-control-allow-origin'], origin)
    assert.match(String(response.headers.vary), /^Origin, /)
  })
}

test("violations that Fastify's default validator finds are listed with pointers", async () => {
  const app = await buildProblemApp(undefined, {
    ajv: { customOptions: { allErrors: true, removeAdditional: false } },
  })
  const body = {
    type: 'object',
    properties: { 'a/b': { type: 'integer' } },
    required: ['a/b', 'c'],
    additionalProperties: false,
  }
  app.post('/checked', { schema: { body } }, async () => ({}))
  const response = await app.inject({ method: 'POST', url: '/checked', payload: { 'a/b': 'x', 'd e': 1 } })
  const { errors } = await assertProblem(response, { slug: 'validation-failed' })
  assert.deepEqual(
    Array.isArray(errors) && errors.map((error) => `${error.in} ${error.pointer} ${error.detail}`).sort(),
    ['body #/a~1b must be integer', 'body #/c is required', 'body #/d%20e is not known here'],
  )
})

test('a plugin can refuse with callNotFound', async () => {
  const app = await buildProblemApp()
  app.get('/hidden', (_request, reply) => reply.callNotFound())
  await assertProblem(await app.inject('/hidden'), { slug: 'not-found' })
})
