import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { FastifyHttpOptions } from 'fastify'
import { problemServerOptions } from '#plugins/problem-details.ts'
import type { ProblemSlug } from '#src/problems.ts'
import { assertProblem } from '../../support/assert-problem.ts'
import { buildProblemApp, format } from '../../support/problem-app.ts'
import { parseAnswers, sendRaw } from '../../support/raw-http.ts'

/** A service with a slow answer that waits for `slow`, and what it was told of refusals that no hook hears of. */
async function listen(t: TestContext, options: FastifyHttpOptions<Server> = {}) {
  const refused: number[] = []
  const app = await buildProblemApp(undefined, {
    ...problemServerOptions(format, { onRefused: (status) => refused.push(status) }),
    ...options,
  })
  const slow = Promise.withResolvers<void>()
  app.get('/slow/:id', ({ params }) => slow.promise.then(() => params))
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())
  return { app, port: Number(new URL(app.listeningOrigin).port), slow, refused }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string, rest: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: keepme-1\r\nContent-Type: application/json\r\n${rest}`

const good = [
  get('/slow/1'),
  post('/things/1/close', 'Content-Length: 10\r\n\r\n{"id":"2"}'),
  get('/slow/3'),
  post('/things/1/close', 'Content-Length: 10\r\n\r\n{"id":"4"}'),
]
const last: [what: string, bytes: string, slug: ProblemSlug, id?: string][] = [
  ['bytes that are not HTTP', 'BAD\r\n\r\n', 'malformed-request'],
  [
    'headers over the limit',
    `GET / HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(20_000)}\r\n\r\n`,
    'header-fields-too-large',
  ],
  [
    'a broken chunk of a body',
    post('/things/1/close', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'),
    'malformed-request',
    'keepme-1',
  ],
  [
    'a tunnel',
    'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nX-Request-Id: keepme-1\r\n\r\n',
    'method-not-allowed',
    'keepme-1',
  ],
]

for (const [what, bytes, slug, id] of last) {
  test(`${what} after several good requests is answered after all of them`, async (t) => {
    const { app, port, slow } = await listen(t)
    for (const event of ['clientError', 'connect']) app.server.once(event, () => slow.resolve())
    const answers = parseAnswers(await sendRaw(port, good.join('') + bytes))
    const refusal = answers.pop()
    assert.deepEqual(
      await Promise.all(answers.map((answer) => answer.text())),
      ['1', '2', '3', '4'].map((given) => JSON.stringify({ id: given })),
    )
    assert.ok(refusal)
    await assertProblem(refusal, { slug, ...(id === undefined ? {} : { instance: id }) })
  })
}

/** All that a connection gives back until the other side closes it. */
async function readAll(socket: Socket): Promise<Response[]> {
  socket.setTimeout(5_000, () => socket.destroy(new Error('The server did not close the connection')))
  const chunks: string[] = []
  socket.setEncoding('utf8').on('data', (chunk) => chunks.push(String(chunk)))
  await once(socket, 'close')
  return parseAnswers(chunks.join(''))
}

test('rubbish without an end, behind a slow answer, is refused once', async (t) => {
  const { app, port, slow, refused } = await listen(t)
  const socket = connect(port, '127.0.0.1')
  const answers = readAll(socket)
  socket.write(get('/slow/1'))
  for (let packets = 0; packets < 3; packets++) {
    socket.write('BAD\r\n\r\n')
    await once(app.server, 'clientError')
  }
  slow.resolve()
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    [200, 400],
  )
  assert.deepEqual(refused, [400])
})

const half = (framing: string) => post('/nothing', `${framing}\r\n\r\n`)
const broken: [what: string, request: string, breakOff: (socket: Socket, server: Server) => void][] = [
  ['breaks off', `${half('Content-Length: 50')}ab`, (socket) => socket.end()],
  ['is none', half('Transfer-Encoding: chunked'), (socket) => socket.write('zz\r\n')],
  [
    'does not arrive in time',
    `${half('Content-Length: 50')}ab`,
    (_socket, server) => Object.assign(server, { requestTimeout: 1, headersTimeout: 1 }),
  ],
]

for (const [what, request, breakOff] of broken) {
  test(`a request that has its answer gets no other one when its body ${what}`, async (t) => {
    const { app, port, refused } = await listen(t, { http: { connectionsCheckingInterval: 20 } })
    const socket = connect(port, '127.0.0.1')
    const answers = readAll(socket)
    socket.write(request)
    await once(socket, 'data')
    breakOff(socket, app.server)
    assert.deepEqual(
      (await answers).map(({ status }) => status),
      [404],
    )
    assert.deepEqual(refused, [])
  })
}
