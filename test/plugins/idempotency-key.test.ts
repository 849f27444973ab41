import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseIdempotencyKey } from '#plugins/idempotency-key/parse.ts'
import { fingerprint, idempotencyKey } from '#plugins/idempotency-key.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { buildProblemApp, format } from '../support/problem-app.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'

async function build() {
  const app = await buildProblemApp()
  await app.register(idempotencyKey)
  app.post('/', { onRequest: app.requireIdempotencyKey }, async ({ idempotencyKey }) => ({ idempotencyKey }))
  return app
}

const keys: [string, string][] = [
  ['"abc"', 'abc'],
  ['abc', 'abc'],
  ['"a b"', 'a b'],
  ['"a\\"b\\\\c"', 'a"b\\c'],
  ['a\\"b', 'a\\"b'],
  ['"~"', '~'],
  [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
  ['0', '0'],
]

for (const [header, expected] of keys) {
  test(`the header ${header.slice(0, 30)} stands for ${expected.slice(0, 30)}`, async () => {
    const response = await (await build()).inject({
      method: 'POST',
      url: '/',
      headers: { 'idempotency-key': header },
    })
    assert.deepEqual(response.json(), { idempotencyKey: expected })
  })
}

const invalid = [
  '',
  '""',
  '"',
  '"abc',
  'a b',
  '"a"b"',
  '"a\\b"',
  '"a";x=1',
  '"a", "b"',
  'é',
  '"\t"',
  'k'.repeat(256),
]

for (const header of invalid) {
  test(`the header ${JSON.stringify(header.slice(0, 30))} is no key`, async () => {
    const response = await (await build()).inject({
      method: 'POST',
      url: '/',
      headers: { 'idempotency-key': header },
    })
    const url = `${format.publicUrl}/problems/idempotency-key-invalid`
    await assertProblem(response, {
      slug: 'idempotency-key-invalid',
      headers: { link: `<${url}>; rel="describedby", <${url}>; rel="help"` },
    })
  })
}

test('a request without the header is told what is missing', async () => {
  const url = `${format.publicUrl}/problems/idempotency-key-missing`
  await assertProblem(await (await build()).inject({ method: 'POST', url: '/' }), {
    slug: 'idempotency-key-missing',
    headers: { link: `<${url}>; rel="describedby", <${url}>; rel="help"` },
  })
})

test('two headers are no key, whatever they say', async (t) => {
  const app = await build()
  t.after(() => app.close())
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  const headers =
    'Host: a\r\nConnection: close\r\nContent-Length: 0\r\nIdempotency-Key: a\r\nIdempotency-Key: a\r\n'
  const [answer] = parseAnswers(await sendRaw(port, `POST / HTTP/1.1\r\n${headers}\r\n`))
  assert.ok(answer)
  await assertProblem(answer, { slug: 'idempotency-key-invalid' })
})

test('every key of printable ASCII can be sent in quotes, and bare when it has no space and no quote first', () => {
  const ascii = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
  fc.assert(
    fc.property(fc.string({ unit: ascii, minLength: 1, maxLength: 255 }), (key) => {
      const header = `"${key.replaceAll(/["\\]/g, '\\$&')}"`
      assert.deepEqual(parseIdempotencyKey(header), { key })
      if (!/ |^"/.test(key)) assert.deepEqual(parseIdempotencyKey(key), { key })
    }),
  )
})

test('a fingerprint looks at content and versions, not at spaces or order', () => {
  const body = { b: [1, 'x'], a: { d: null, c: 1e2 } }
  const same = JSON.parse('{ "a": {"c":100,"d":null}, "b":[1.0,"\\u0078"] }')
  const print = fingerprint({ body, bodyVersion: 1, version: 2 })
  assert.equal(print.length, 32)
  assert.deepEqual(fingerprint({ body: same, bodyVersion: 1, version: 2 }), print)
  const others = [
    { body, bodyVersion: 2, version: 2 },
    { body, bodyVersion: 1, version: 1 },
    { body, bodyVersion: 2, version: 1 },
    { body: { ...body, c: 1 }, bodyVersion: 1, version: 2 },
    { body: { ...body, b: ['x', 1] }, bodyVersion: 1, version: 2 },
  ]
  for (const other of others) assert.notDeepEqual(fingerprint(other), print)
})
