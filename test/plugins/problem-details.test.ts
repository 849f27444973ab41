import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { DatabaseUnavailable } from '#plugins/database/unavailable.ts'
import { Problem, renderProblem } from '#plugins/problem-details.ts'
import { assertProblem, type ExpectedProblem } from '../support/assert-problem.ts'
import { buildProblemApp, format } from '../support/problem-app.ts'

test('a problem does not change after it was made', () => {
  const extensions = { orderId: 'a' }
  const thrown = new Problem('payment-declined', { extensions, headers: { ETag: '"1"' } })
  extensions.orderId = 'b'
  assert.deepEqual(thrown.extensions, { orderId: 'a' })
  assert.deepEqual(thrown.headers, { etag: '"1"' })
  assert.throws(() => Reflect.set(thrown.extensions, 'x', 1) || assert.fail('set'), assert.AssertionError)
  assert.equal(Reflect.set(thrown, 'slug', 'other'), false)
})

test('rendering gives the same bytes every time, and members never overwrite the standard ones', () => {
  const thrown = new Problem('insufficient-stock', {
    detail: 'Walnut desk has only 2 in stock',
    extensions: { status: 200, type: 'x', extensions: {}, instance: 1, items: [], nothing: undefined },
    headers: { 'retry-after': '3', 'Content-Type': 'text/html', link: '<a>; rel="describedby"' },
  })
  const rendered = renderProblem(thrown, 'req-1', format)
  assert.deepEqual(rendered, renderProblem(thrown, 'req-1', format))
  assert.equal(
    rendered.body,
    '{"type":"https://api.example.com/problems/insufficient-stock","title":"Insufficient stock","status":409,' +
      '"detail":"Walnut desk has only 2 in stock","instance":"req-1","items":[],"extensions":{"items":[]}}',
  )
  assert.deepEqual(rendered.headers, {
    'retry-after': '3',
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    link: '<a>; rel="describedby", <https://api.example.com/problems/insufficient-stock>; rel="help"',
    vary: 'Accept, Accept-Version',
    'x-request-id': 'req-1',
  })
  assert.throws(() => renderProblem(new Problem('nonsense'), 'req-1', format), TypeError)
})

const stripeLike = Object.assign(new Error('No such card'), { statusCode: 402, code: 'card_declined' })
const thrown: [string, unknown, ExpectedProblem][] = [
  [
    'a problem',
    new Problem('payment-declined', { extensions: { orderId: 'o', declineCode: 'c' } }),
    { slug: 'payment-declined', extensions: { orderId: 'o', declineCode: 'c' } },
  ],
  [
    'a problem with its own ETag',
    new Problem('precondition-failed', { headers: { etag: '"2"' } }),
    {
      slug: 'precondition-failed',
      headers: { etag: '"2"' },
    },
  ],
  ['an error', new Error('select * from secrets'), { slug: 'internal-error', extensions: {} }],
  ['a string', 'oh', { slug: 'internal-error' }],
  ['null', null, { slug: 'internal-error' }],
  ['an unknown slug', new Problem('nonsense'), { slug: 'internal-error', extensions: {} }],
  [
    'members that are not JSON',
    new Problem('not-found', { extensions: { a: 1n } }),
    { slug: 'internal-error' },
  ],
  ['the error of a client library', stripeLike, { slug: 'internal-error' }],
  [
    'a plain error with a status',
    Object.assign(new Error('x'), { statusCode: 404 }),
    { slug: 'internal-error' },
  ],
  ['the error of a rate limit', Object.assign(new Error('x'), { statusCode: 429 }), { slug: 'rate-limited' }],
  [
    'the error of under-pressure',
    Object.assign(new Error('x'), { statusCode: 503, code: 'FST_UNDER_PRESSURE' }),
    { slug: 'overloaded' },
  ],
]

for (const [what, error, expected] of thrown) {
  test(`${what}, thrown by a handler, is answered as ${expected.slug}`, async () => {
    const app = await buildProblemApp(() => error)
    const response = await app.inject('/throw')
    await assertProblem(response, { publicUrl: format.publicUrl, ...expected })
    assert.match(String(response.headers.link), /^<\/next>; rel="next", <.*rel="help"$/)
    assert.equal(response.headers.vary, 'Origin, accept, Accept-Version')
    assert.equal(response.headers['api-version'], '2')
    assert.equal(response.headers.etag, expected.headers?.etag)
    await app.close()
  })
}

test("errors of @fastify/sensible keep their status, and their message as far as it is a client's fault", async () => {
  const notFound = await buildProblemApp((app) => app.httpErrors.notFound('No such shelf'))
  await assertProblem(await notFound.inject('/throw'), { slug: 'not-found', detail: 'No such shelf' })
  const teapot = await buildProblemApp((app) => app.httpErrors.imateapot())
  await assertProblem(await teapot.inject('/throw'), { slug: 'malformed-request' })
  const broken = await buildProblemApp((app) => app.httpErrors.badGateway('10.0.0.7 refused'))
  await assertProblem(await broken.inject('/throw'), { slug: 'internal-error', detail: /our side/ })
})

test('a 5xx is logged at error with its causes to the bottom, a 4xx is not', async () => {
  const lines: string[] = []
  const stream = new PassThrough().on('data', (chunk) => lines.push(String(chunk)))
  const bottom = new Error('the disk is full')
  let error: unknown = new Error('query failed', { cause: new Error('write failed', { cause: bottom }) })
  const app = await buildProblemApp(() => error, { logger: { level: 'warn', stream } })
  await app.inject('/throw')
  assert.match(lines.join(''), /"level":50.*query failed.*write failed.*the disk is full/)
  lines.length = 0
  error = new Problem('not-found', { cause: bottom })
  await app.inject('/throw')
  assert.deepEqual(lines, [])
})

test('refusals by the hundred are two lines of a second: each was an error with its stack, and cost more than the answer', async () => {
  const refuse = () => new Problem('overloaded', { cause: 'the queue is full' })
  const { logged, alone } = await logOfMany(refuse, 'overloaded')
  assert.ok(logged.every(({ level, msg, err }) => level === 40 && msg === 'overloaded' && err === undefined))
  assert.ok(alone.every(({ reason }) => reason === 'the queue is full'))
})

test('a database that is away is told once a second with its stack, not for each request; another reason at once', async () => {
  let asked = 0
  const refuse = () => {
    asked++
    return new DatabaseUnavailable(new Error(asked === 7 ? 'too many clients' : 'connect ECONNREFUSED'))
  }
  const { alone } = await logOfMany(refuse, 'service-unavailable')
  assert.ok(alone.every(({ level, err }) => level === 50 && err.stack.includes('.test.ts')))
  assert.equal(alone.filter(({ err }) => err.message.includes('too many clients')).length, 1)
})

/** Two hundred answers of one problem: what was logged, and the lines that tell of one of them alone. */
async function logOfMany(refuse: () => Problem, slug: 'overloaded' | 'service-unavailable') {
  const lines: string[] = []
  const stream = new PassThrough().on('data', (chunk) => lines.push(String(chunk)))
  const app = await buildProblemApp(refuse, { logger: { level: 'warn', stream } })
  const answers = await Promise.all(Array.from({ length: 200 }, () => app.inject('/throw')))
  for (const answer of answers) await assertProblem(answer, { slug })
  await app.close()
  const logged = lines.map((line) => JSON.parse(line))
  // However slow the machine: what was not told alone was counted.
  const alone = logged.filter(({ more }) => more === undefined)
  const counted = logged.reduce((sum, { more = 0 }) => sum + more, 0)
  assert.equal(alone.length + counted, answers.length)
  assert.ok(alone.length < 50 && logged.length <= 2 * alone.length, `${logged.length} lines`)
  return { logged, alone }
}

test('HEAD of a problem has its headers and length, and no body', async () => {
  const app = await buildProblemApp()
  const [head, get] = [await app.inject({ method: 'HEAD', url: '/throw' }), await app.inject('/throw')]
  assert.equal(head.statusCode, 404)
  assert.equal(head.body, '')
  assert.equal(head.headers['content-type'], 'application/problem+json')
  assert.equal(head.headers['content-length'], get.headers['content-length'])
})
