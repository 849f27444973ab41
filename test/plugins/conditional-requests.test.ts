import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fastify, { type FastifyRequest, type onSendAsyncHookHandler } from 'fastify'
import {
  assertCurrent,
  conditionalRequests,
  isUnchanged,
  requireMatch,
} from '#plugins/conditional-requests.ts'
import { Problem } from '#plugins/problem-details.ts'

const etag = '"desk.7.v2"'

/** What comes of a read, a change that may have a precondition, and one that must, to what has the tag `etag`. */
async function judge(t: TestContext, headers: Record<string, string>) {
  const app = fastify()
  t.after(() => app.close())
  app.get('/', async (request) => ({
    read: outcomeOf(isUnchanged, request),
    change: outcomeOf(assertCurrent, request),
    required: outcomeOf(requireMatch, request),
  }))
  return (await app.inject({ url: '/', headers })).json()
}

function outcomeOf(judged: (request: FastifyRequest, etag: string) => unknown, request: FastifyRequest) {
  try {
    return judged(request, etag) ?? 'fine'
  } catch (error) {
    return error instanceof Problem ? [error.slug, error.headers] : error
  }
}

const FAILED = ['precondition-failed', { etag }]
const REQUIRED = ['precondition-required', {}]

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
  test(`If-None-Match: ${header} is ${expected ? 'unchanged to a read, and no state for a change' : 'nothing that is there'}`, async (t) => {
    assert.deepEqual(await judge(t, { 'if-none-match': header }), {
      read: expected,
      change: expected ? FAILED : 'fine',
      required: REQUIRED,
    })
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
  test(`If-Match: ${header} ${expected ? 'lets pass' : 'is 412 with the current tag, also to a read'}`, async (t) => {
    assert.deepEqual(
      await judge(t, { 'if-match': header }),
      expected
        ? { read: false, change: 'fine', required: 'fine' }
        : { read: FAILED, change: FAILED, required: FAILED },
    )
  })
}

test('of two preconditions both have to hold for a change', async (t) => {
  const { read, required } = await judge(t, { 'if-match': '*', 'if-none-match': etag })
  assert.deepEqual([read, required], [true, FAILED])
})

for (const [name, expected] of [
  ['if-match', 'fine'],
  ['if-none-match', FAILED],
] as const) {
  test(`${name} may name what stands by any of its tags`, async (t) => {
    const app = fastify()
    t.after(() => app.close())
    app.get('/', async (request) => [outcomeOf((of) => assertCurrent(of, etag, '"desk.7.v1"'), request)])
    const answer = await app.inject({ url: '/', headers: { [name]: '"desk.7.v1"' } })
    assert.deepEqual(answer.json(), [expected])
  })
}

test('of what is not there nothing is current, and nothing is ruled out', async (t) => {
  const app = fastify()
  t.after(() => app.close())
  app.get('/', async (request) => [outcomeOf((of) => assertCurrent(of), request)])
  for (const [headers, expected] of [
    [{ 'if-match': '*' }, ['precondition-failed', {}]],
    [{ 'if-match': etag }, ['precondition-failed', {}]],
    [{ 'if-none-match': '*' }, 'fine'],
    [{}, 'fine'],
  ] as const) {
    assert.deepEqual((await app.inject({ url: '/', headers })).json(), [expected])
  }
})

test('without a precondition all pass but a change that must have one', async (t) => {
  assert.deepEqual(await judge(t, {}), { read: false, change: 'fine', required: REQUIRED })
})

test('a 304 to HEAD has no length, a 200 that of the representation, and both what the route adds', async (t) => {
  const app = fastify()
  t.after(() => app.close())
  await app.register(conditionalRequests)
  const onSend: onSendAsyncHookHandler = async (_request, reply) => void reply.header('x-route', 'yes')
  app.get('/', { onSend }, async (request, reply) => {
    if (isUnchanged(request, etag)) return reply.code(304).send()
    return reply.send('representation')
  })
  const whole = await app.inject({ method: 'HEAD', url: '/' })
  assert.equal(whole.headers['content-length'], '14')
  const unchanged = await app.inject({ method: 'HEAD', url: '/', headers: { 'if-none-match': etag } })
  assert.deepEqual([unchanged.statusCode, unchanged.headers['content-length']], [304, undefined])
  assert.deepEqual([whole.headers['x-route'], unchanged.headers['x-route']], ['yes', 'yes'])
})
