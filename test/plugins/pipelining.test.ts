import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { pipelining } from '#plugins/pipelining.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'

const MOST = 8

/** `/slow` is not answered before `open` is called; `worked` are the others that were. */
async function serve(t: TestContext) {
  const app = Fastify()
  const { promise, resolve: open } = Promise.withResolvers<object>()
  const worked: string[] = []
  await app.register(pipelining, { most: MOST })
  app.get('/slow', () => promise)
  app.route<{ Params: { id: string } }>({
    method: ['GET', 'POST'],
    url: '/numbers/:id',
    handler: async ({ params }) => {
      worked.push(params.id)
      return params
    },
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())
  return { app, port: Number(new URL(app.listeningOrigin).port), open, worked }
}

const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const numbers = (count: number) =>
  Array.from({ length: count }, (_, index) => get(`/numbers/${index}`)).join('')
const last = 'GET /numbers/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

test('as many requests as may wait behind a slow one are all answered, in order', async (t) => {
  const { port, open, worked } = await serve(t)
  const answers = sendRaw(port, get('/slow') + numbers(MOST - 1) + last)
  while (worked.length < MOST - 1) await new Promise((resolve) => setImmediate(resolve))
  open({})
  const bodies = await Promise.all(parseAnswers(await answers).map((answer) => answer.text()))
  assert.equal(worked.at(-1), 'last')
  assert.deepEqual(bodies, ['{}', ...worked.map((id) => JSON.stringify({ id }))])
})

test('a connection on which more wait is cut, and what is too much is not worked', async (t) => {
  const { port, worked } = await serve(t)
  assert.equal(await sendRaw(port, get('/slow') + numbers(1_000)), '')
  assert.equal(worked.length, MOST)
})

test('those that were answered do not count, however many a connection has had', async (t) => {
  const { port } = await serve(t)
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.after(() => socket.destroy())
  for (let round = 0; round < 4; round++) {
    let text = ''
    socket.write(numbers(MOST))
    while (text.split('"id":').length <= MOST) text += String((await once(socket, 'data'))[0])
  }
})

/** As Java's own client asks whatever is not TLS, until it is told something else. */
const UPGRADE = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA\r\n'
const post = (fields: string, body: string) =>
  `POST /numbers/upgrade HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${fields}\r\n${body}`
const upgrades: [what: string, request: string][] = [
  ['a request', get('/numbers/upgrade', UPGRADE)],
  [
    'one in other letters',
    get('/numbers/upgrade', 'UPGRADE: x/1\r\nconnection: a\r\nConnection: b,uPGRADE\r\n'),
  ],
  ['one with a body', post(`${UPGRADE}Content-Length: 2\r\n`, '{}')],
  ['one with a body in chunks', post(`${UPGRADE}Transfer-Encoding: chunked\r\n`, '2\r\n{}\r\n0\r\n\r\n')],
]

for (const [what, request] of upgrades) {
  test(`${what} that asks for an upgrade is the last one answered on its connection, and says so`, async (t) => {
    const { port, worked } = await serve(t)
    const answers = parseAnswers(await sendRaw(port, get('/numbers/0') + request + get('/numbers/behind')))
    assert.deepEqual(
      answers.map(({ headers }) => headers.get('connection')),
      ['keep-alive', 'close'],
    )
    assert.deepEqual(await Promise.all(answers.map((answer) => answer.json())), [
      { id: '0' },
      { id: 'upgrade' },
    ])
    assert.deepEqual(worked, ['0', 'upgrade'])
  })
}

test('what comes behind a request for an upgrade, while that is answered, is not worked', async (t) => {
  const { app, port, open, worked } = await serve(t)
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.setTimeout(5_000, () => socket.destroy(new Error('The server did not close the connection')))
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const begun = once(app.server, 'request')
  socket.write(get('/slow', UPGRADE))
  await begun
  const behind = once(app.server, 'request')
  socket.write(get('/numbers/behind'))
  await behind
  open({})
  await once(socket, 'close')
  assert.deepEqual(
    parseAnswers(text).map(({ headers }) => headers.get('connection')),
    ['close'],
  )
  assert.deepEqual(worked, [])
})

test('an Upgrade that its connection does not name is passed over', async (t) => {
  const { port, worked } = await serve(t)
  const answers = parseAnswers(await sendRaw(port, get('/numbers/0', 'Upgrade: h2c\r\n') + last))
  assert.equal(answers[0]?.headers.get('connection'), 'keep-alive')
  assert.deepEqual(worked, ['0', 'last'])
})
