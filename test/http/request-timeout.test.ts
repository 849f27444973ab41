import assert from 'node:assert/strict'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import { eventually, tokenOf } from '../support/shop.ts'
import { listenInProcess } from './in-process.ts'

const env = { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none', INVENTORY_URL: 'http://127.0.0.1:9' }

test('A request that never ends is refused when its time is up, not half a minute later, nor a whole one', async (t) => {
  const api = await listenInProcess(t, {
    env,
    adjust: ({ server }) => {
      assert.equal(server.requestTimeout, 30_000)
      assert.ok(server.headersTimeout <= server.requestTimeout, 'Node would take the longer for the whole')
      server.requestTimeout = 200
      server.headersTimeout = 200
    },
  })
  const headers = [
    'PATCH /users/me HTTP/1.1',
    'Host: shop',
    `Authorization: Bearer ${await tokenOf('somebody')}`,
    'Content-Type: application/merge-patch+json',
    'If-Match: *',
    'Content-Length: 9',
  ]
  for (const half of ['', 'GET /livez HTTP/1.1\r\nHost:', `${headers.join('\r\n')}\r\n\r\n{`]) {
    const [answer, ...others] = parseAnswers(await sendRaw(Number(new URL(api).port), half, 10_000))
    assert.deepEqual(others, [])
    assert.ok(answer)
    await assertProblem(answer, { slug: 'request-timeout' })
  }
})

/** A client that sends, and never reads. @returns whether the server has hung up on it */
async function sendWithoutReading(
  t: TestContext,
  bytes: string,
  adjust: (server: Server) => void = () => {},
) {
  let isOver = false
  const api = await listenInProcess(t, {
    env,
    adjust({ server }) {
      adjust(server)
      server.once('connection', (socket: Socket) => {
        socket.once('close', () => {
          isOver = true
        })
      })
    },
  })
  const client = connect(Number(new URL(api).port), '127.0.0.1').pause()
  t.after(() => client.destroy())
  client.write(bytes)
  return () => isOver
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: shop\r\n\r\n`
/** Sixteen are more than the buffers of two sockets hold. */
const large = get('/docs/swagger-ui-bundle.js')

test('A client that does not fetch its answers is hung up on, also where the last of them is made', async (t) => {
  const isOver = await sendWithoutReading(t, large.repeat(16), (server) => {
    assert.equal(server.timeout, 60_000)
    Object.assign(server, { timeout: 200, keepAliveTimeout: 200 })
  })
  await eventually('the end of the connection', isOver)
})

test('A client that asks ever more ahead of answers that it does not fetch is cut off, whatever it asks for', async (t) => {
  const isOver = await sendWithoutReading(t, large.repeat(4) + get('/').repeat(1_000))
  await eventually('the end of the connection', isOver)
})
