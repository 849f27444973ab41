import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { FastifyHttpOptions } from 'fastify'
import type { ProblemSlug } from '#src/problems.ts'
import { assertProblem } from '../../support/assert-problem.ts'
import { buildProblemApp } from '../../support/problem-app.ts'
import { parseAnswers, sendRaw } from '../../support/raw-http.ts'
import { eventually } from '../../support/shop.ts'

async function listen(t: TestContext, options: FastifyHttpOptions<Server> = {}) {
  const app = await buildProblemApp(undefined, options)
  const slow = Promise.withResolvers<void>()
  app.get('/slow', () => slow.promise.then(() => ({})))
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => {
    slow.resolve()
    return app.close()
  })
  const { port, origin } = new URL(app.listeningOrigin)
  return { app, port: Number(port), slow, origin }
}

const get = (path: string, headers = 'Host: a\r\n') => `GET ${path} HTTP/1.1\r\n${headers}\r\n`
const bytes: [string, string, Parameters<typeof assertProblem>[1]][] = [
  ['bytes that are not HTTP', 'hello\r\n\r\n', { slug: 'malformed-request' }],
  ['a method that HTTP does not have', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', { slug: 'malformed-request' }],
  ['a header that is none', get('/livez', 'Host: a\r\n: b\r\n'), { slug: 'malformed-request' }],
  [
    'two framings of one body',
    `POST /things/1/close HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    {
      slug: 'malformed-request',
    },
  ],
  [
    'headers over the limit',
    get('/livez', `Host: a\r\nCookie: ${'a'.repeat(20_000)}\r\n`),
    {
      slug: 'header-fields-too-large',
    },
  ],
  [
    'more header lines than fit into that limit',
    get('/livez', `Host: a\r\n${'a:\r\n'.repeat(4_096)}`),
    { slug: 'header-fields-too-large' },
  ],
  ["a URL over the parser's limit", get(`/${'a'.repeat(20_000)}`), { slug: 'uri-too-long' }],
  ['a missing Host', get('/livez', 'Connection: close\r\n'), { slug: 'malformed-request', detail: /Host/ }],
  [
    'two Hosts',
    get('/livez', 'Host: a\r\nHost: b\r\nConnection: close\r\n'),
    { slug: 'malformed-request', detail: /Host/ },
  ],
  [
    'a tunnel',
    'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n',
    { slug: 'method-not-allowed', headers: { allow: /GET/ } },
  ],
  [
    'a known path below a scheme that is not HTTP',
    get('ftp://a/things/1', 'Host: a\r\nConnection: close\r\n'),
    { slug: 'not-found' },
  ],
  [
    'GET of an absolute URL where only POST is',
    get('http://a/things/1/close?x=1', 'Host: a\r\nConnection: close\r\n'),
    { slug: 'method-not-allowed', headers: { allow: 'OPTIONS, POST' } },
  ],
  [
    'a broken chunk of a body',
    'POST /things/1/close HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    {
      slug: 'malformed-request',
    },
  ],
]

for (const [what, request, expected] of bytes) {
  test(`${what} on a socket is answered as ${expected.slug}, and the connection closed`, async (t) => {
    const { port } = await listen(t)
    const [answer, ...more] = parseAnswers(await sendRaw(port, request))
    assert.deepEqual(more, [])
    assert.ok(answer)
    assert.equal(answer.headers.get('connection'), 'close')
    assert.ok(!Number.isNaN(Date.parse(answer.headers.get('date') ?? '')))
    await assertProblem(answer, expected)
  })
}

test('as many header lines as fit into the limit are read, to the last one', async (t) => {
  const { port } = await listen(t)
  const few = 'Host: a\r\nConnection: close\r\n'
  const last = 'X-Request-Id: the-last\r\n'
  const lines = 'a:\r\n'.repeat((16_384 - get('/livez', few + last).length) / 4)
  const [answer] = parseAnswers(await sendRaw(port, get('/livez', few + lines + last)))
  assert.equal(answer?.status, 200)
})

const impatient = {
  requestTimeout: 100,
  http: { requireHostHeader: false, headersTimeout: 100, connectionsCheckingInterval: 20 },
}

test('a request that takes too long to arrive is answered as request-timeout', async (t) => {
  const { port } = await listen(t, impatient)
  const [answer] = parseAnswers(await sendRaw(port, 'GET / HTTP/1.1\r\nHost:'))
  assert.ok(answer)
  await assertProblem(answer, { slug: 'request-timeout' })
})

const chunked = (bytes: string) =>
  `POST /things/1/close HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Request-Id: keepme-1\r\nTransfer-Encoding: chunked\r\n\r\n${bytes}`
const named: [what: string, request: string, slug: ProblemSlug][] = [
  ['a chunk of no size', chunked('zz\r\n'), 'malformed-request'],
  ['a chunk longer than its size', chunked('2\r\n{}}}\r\n0\r\n\r\n'), 'malformed-request'],
  [
    'trailers over the limit',
    chunked(`2\r\n{}\r\n0\r\nX-T: ${'a'.repeat(20_000)}\r\n\r\n`),
    'header-fields-too-large',
  ],
  ['a body without an end', chunked('2\r\n{}\r\n'), 'request-timeout'],
  [
    'a tunnel',
    'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nX-Request-Id: keepme-1\r\n\r\n',
    'method-not-allowed',
  ],
]

for (const [what, request, slug] of named) {
  test(`${what} is refused under the id that its client gave the request`, async (t) => {
    const { port } = await listen(t, slug === 'request-timeout' ? impatient : {})
    const [answer, ...more] = parseAnswers(await sendRaw(port, request))
    assert.deepEqual(more, [])
    assert.ok(answer)
    await assertProblem(answer, { slug, instance: 'keepme-1', headers: { 'x-request-id': 'keepme-1' } })
  })
}

test('rubbish after a good request does not take the place of its answer', async (t) => {
  const { app, port, slow } = await listen(t)
  app.server.once('clientError', () => slow.resolve())
  const good = get('/slow', 'Host: a\r\nX-Request-Id: keepme-1\r\n')
  const answers = parseAnswers(await sendRaw(port, `${good}rubbish\r\n\r\n`))
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 400],
  )
  assert.notEqual(answers[1]?.headers.get('x-request-id'), 'keepme-1')
})

test('a body over the limit is answered although the client is still sending it', async (t) => {
  const { origin } = await listen(t)
  for (const size of [2_000, 300_000, 5_000_000]) {
    const response = await fetch(`${origin}/things/1/close`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'a'.repeat(size),
    })
    await assertProblem(response, { slug: 'payload-too-large' })
  }
})

test('an expectation that the server does not know is passed over', async (t) => {
  const { port } = await listen(t)
  const [answer] = parseAnswers(
    await sendRaw(port, get('/livez', 'Host: a\r\nExpect: tea\r\nConnection: close\r\n')),
  )
  assert.equal(answer?.status, 200)
})

test('while closing, a kept connection is told to go, and a probe is still answered', async (t) => {
  const { app, port, slow } = await listen(t)
  const accepted: Socket[] = []
  app.server.on('connection', (socket: Socket) => accepted.push(socket))
  const [one, two, three] = [
    connect(port, '127.0.0.1'),
    connect(port, '127.0.0.1'),
    connect(port, '127.0.0.1'),
  ]
  // Halves of requests: the connections are not idle, so closing leaves them open.
  for (const socket of [one, two]) socket.write('GET ')
  three.write(get('/slow', 'Host: a\r\nConnection: close\r\n'))
  await once(app.server, 'request')
  await eventually('the halves', () => accepted.filter(({ bytesRead }) => bytesRead > 0).length === 3)
  const closed = app.close()
  const ends = [one, two].map(async (socket, index) => {
    const chunks: string[] = []
    socket.setEncoding('utf8').on('data', (chunk) => chunks.push(String(chunk)))
    socket.write(`/${index === 0 ? 'things/1' : 'livez'} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await once(socket, 'close')
    return parseAnswers(chunks.join(''))[0]
  })
  const [refused, probed] = await Promise.all(ends)
  assert.ok(refused)
  assert.equal(probed?.status, 200)
  await assertProblem(refused, {
    slug: 'service-unavailable',
    headers: { connection: 'close', 'retry-after': '1' },
  })
  slow.resolve()
  await closed
})
