import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fastify from 'fastify'
import { ifMatch, ifNoneMatch, requireMatch } from '#plugins/conditional-requests.ts'
import { Problem } from '#plugins/problem-details.ts'

const etag = '"desk.7.v2"'

/** What the two preconditions say of a request with these headers to a resource whose tag is `etag`. */
async function judge(t: TestContext, headers: Record<string, string>) {
  const app = fastify()
  t.after(() => app.close())
  app.get('/', async (request) => {
    let required: unknown = 'fine'
    try {
      requireMatch(request, etag)
    } catch (error) {
      required = error instanceof Problem ? [error.slug, error.headers] : error
    }
    return { none: ifNoneMatch(request, etag), match: ifMatch(request, etag), required }
  })
  return (await app.inject({ url: '/', headers })).json()
}

for (const [header, expected] of [
  [etag, true],
  [`W/${etag}`, true],
  ['*', true],
  [` "a,b" , W/"c",${etag}`, true],
  [`,, ${etag},`, true],
  ['"desk.7.v1"', false],
  ['desk.7.v2', false],
  [`"unclosed, ${etag}x`, false],
  ['', false],
] as const) {
  test(`If-None-Match: ${header} is ${expected}`, async (t) => {
    assert.equal((await judge(t, { 'if-none-match': header })).none, expected)
  })
}

for (const [header, expected] of [
  [etag, true],
  [`"other", ${etag}`, true],
  ['*', true],
  [`W/${etag}`, false],
  ['"other"', false],
  ['nonsense', false],
] as const) {
  test(`If-Match: ${header} is ${expected}`, async (t) => {
    assert.equal((await judge(t, { 'if-match': header })).match, expected)
  })
}

test('a change without a precondition is 428, one for another state 412 with the current tag', async (t) => {
  const without = await judge(t, {})
  assert.equal(without.match, undefined)
  assert.deepEqual(without.required, ['precondition-required', {}])
  assert.deepEqual((await judge(t, { 'if-match': '"old"' })).required, ['precondition-failed', { etag }])
  assert.equal((await judge(t, { 'if-match': '*' })).required, 'fine')
})
