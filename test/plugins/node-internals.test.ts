import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { acceptUnread, requestBeingRead, responseOn } from '#plugins/node-internals.ts'

test('a connection tells which request is read from it, and which answer it waits for', async (t) => {
  const asked = Promise.withResolvers<{ request: IncomingMessage; response: ServerResponse }>()
  const server = createServer((request, response) => asked.resolve({ request, response }))
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => client.destroy())

  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1')
  const { request, response } = await asked.promise
  const { socket } = request
  assert.equal(requestBeingRead(socket), request)
  assert.equal(responseOn(socket), response)

  client.write('2')
  await once(request.resume(), 'end')
  assert.equal(requestBeingRead(socket), undefined)
  assert.equal(responseOn(socket), response)

  response.end()
  await once(response, 'close')
  assert.equal(responseOn(socket), undefined)
})

test('a connection that is accepted unread brings its request when it is resumed', async (t) => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.end('answer')
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  acceptUnread(server)
  const accepted: Promise<Socket[]> = once(server, 'connection')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => client.destroy())
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [socket] = await accepted
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(asked, 0)
  socket?.resume()
  assert.match(String(await once(client, 'data')), /answer$/)
})
