import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import { writeCoalescing } from '#plugins/write-coalescing.ts'

async function serve(t: TestContext) {
  const app = Fastify()
  await app.register(writeCoalescing)
  app.get('/things/:id', (request, reply) => reply.send(request.params))
  app.get('/unwritable', (_request, reply) => reply.header('x-broken', 'a\nb').send('never seen'))
  app.get('/nothing-yet', () => new Promise(() => {}))
  t.after(() => app.close())
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
}

async function askPipelined(port: number, paths: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.write(
    paths
      .map((path, index) => {
        const connection = index === paths.length - 1 ? 'close' : 'keep-alive'
        return `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: ${connection}\r\n\r\n`
      })
      .join(''),
  )
  await once(socket, 'close')
  return text
}

test('Requests that arrive together are each answered, in their order', async (t) => {
  const port = await serve(t)
  const ids = Array.from({ length: 20 }, (_, index) => `n${index}`)
  const text = await askPipelined(
    port,
    ids.map((id) => `/things/${id}`),
  )
  assert.deepEqual(
    [...text.matchAll(/"id":"(n\d+)"/g)].map(([, id]) => id),
    ids,
  )
})

test('An answer goes out while another request is still being worked on', async (t) => {
  const port = await serve(t)
  const slow = connect(port, '127.0.0.1')
  slow.write('GET /nothing-yet HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.match(await askPipelined(port, ['/things/quick']), /"id":"quick"/)
  slow.destroy()
})

test('An answer that cannot be written ends its own connection, and neither the others nor the process', async (t) => {
  const port = await serve(t)
  const [broken, ...others] = await Promise.all(
    ['/unwritable', '/things/a', '/things/b'].map((path) => askPipelined(port, [path])),
  )
  assert.equal(broken, '')
  assert.deepEqual(
    others.map((text) => text.slice(0, 15)),
    ['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'],
  )
})
