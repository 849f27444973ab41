import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import Fastify from 'fastify'
import { genReqId, requestId } from '#plugins/request-id.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'

async function build() {
  const app = Fastify({ genReqId })
  await app.register(requestId)
  app.get('/', async (request) => ({
    id: request.id,
    traceparent: request.traceparent,
    again: request.traceparent,
  }))
  return app
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

for (const id of ['a', 'Req.1_2-3', 'x'.repeat(128)]) {
  test(`the request id ${id.slice(0, 20)} is kept and echoed`, async () => {
    const response = await (await build()).inject({ url: '/', headers: { 'x-request-id': id } })
    assert.equal(response.headers['x-request-id'], id)
    assert.equal(response.json().id, id)
  })
}

for (const id of ['', ' ', 'a b', 'a,b', 'é', 'x'.repeat(129), '<script>', 'a/b', undefined]) {
  test(`the request id ${JSON.stringify(id?.slice(0, 20))} is replaced by a UUID`, async () => {
    const headers = id === undefined ? {} : { 'x-request-id': id }
    const response = await (await build()).inject({ url: '/', headers })
    assert.match(String(response.headers['x-request-id']), uuid)
    assert.equal(response.json().id, response.headers['x-request-id'])
  })
}

test('ten thousand requests have ten thousand ids, and each keeps its own', () => {
  const socket = new Socket()
  const requests = Array.from({ length: 10_000 }, () => new IncomingMessage(socket))
  const ids = requests.map(genReqId)
  assert.equal(new Set(ids).size, 10_000)
  for (const id of ids) assert.match(id, uuid)
  assert.deepEqual(requests.map(genReqId), ids)
})

test('several request ids are replaced, and an unknown path echoes too', async (t) => {
  const app = await build()
  t.after(() => app.close())
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  const headers = 'Host: a\r\nConnection: close\r\nX-Request-Id: a\r\nX-Request-Id: a\r\n'
  const [answer] = parseAnswers(await sendRaw(port, `GET /none HTTP/1.1\r\n${headers}\r\n`))
  assert.match(answer?.headers.get('x-request-id') ?? '', uuid)
})

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = '00f067aa0ba902b7'

async function continued(...headers: string[]) {
  const response = await (await build()).inject({
    url: '/',
    headers: headers[0] ? { traceparent: headers.join() } : {},
  })
  const { traceparent, again } = response.json()
  assert.equal(again, traceparent, 'one parent id for a request')
  const [version, id, parent, flags] = String(traceparent).split('-')
  assert.match(`${parent}`, /^[0-9a-f]{16}$/)
  assert.notEqual(parent, caller)
  return { version, id, flags }
}

for (const [header, flags] of [
  [`00-${trace}-${caller}-01`, '01'],
  [`00-${trace}-${caller}-00`, '00'],
  [`00-${trace}-${caller}-ff`, '01'],
  [`cc-${trace}-${caller}-01-what-the-future-brings`, '01'],
]) {
  test(`the trace ${header} goes on with a parent of our own`, async () => {
    assert.deepEqual(await continued(`${header}`), { version: '00', id: trace, flags })
  })
}

for (const header of [
  '',
  'nonsense',
  `ff-${trace}-${caller}-01`,
  `00-${'0'.repeat(32)}-${caller}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace}-${caller}-01-more`,
  `00-${trace.toUpperCase()}-${caller}-01`,
  `00-${trace}-${caller}-01,00-${trace}-${caller}-01`,
]) {
  test(`the traceparent ${header || 'nobody sent'} begins a new trace`, async () => {
    const { version, id, flags } = await continued(header)
    assert.equal(version, '00')
    assert.match(`${id}`, /^[0-9a-f]{32}$/)
    assert.notEqual(id, trace)
    assert.equal(flags, '00')
  })
}
