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
  app.get<{ Params: { id: string } }>('/numbers/:id', async ({ params }) => {
    worked.push(params.id)
    return params
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())
  return { app, port: Number(new URL(app.listeningOrigin).port), open, worked }
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
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
