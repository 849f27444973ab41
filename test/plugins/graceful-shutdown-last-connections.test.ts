import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import type { Shutdown } from '#plugins/graceful-shutdown.ts'
import { sendRaw } from '../support/raw-http.ts'
import { standStill } from '../support/shop.ts'
import { startService } from './graceful-shutdown/in-process.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
/** Many more than are accepted in the turns of the event loop that a shutdown takes anyway. */
const CLIENTS = 50

test('whoever connected before the sockets are closed is answered, on every listener, though the process stood still', async (t) => {
  const { port, shutdown } = await startService(t, { shutdownSeconds: 60 })
  const otherPort = await startOther(shutdown, (response) => response.end('here'))
  const code = shutdown.close('a test')
  const answers = Promise.all(
    [port, otherPort].flatMap((each) =>
      Array.from({ length: CLIENTS }, () => sendRaw(each, REQUEST, 60_000)),
    ),
  )
  // Behind their own next ticks, in which they connect: the drain is over when it moves again.
  process.nextTick(standStill, 50)
  for (const answer of await answers) {
    assert.match(answer, /^HTTP\/1.1 200 OK\r\n/)
    assert.match(answer, /^connection: close\r\n/im)
  }
  assert.equal(await code, 0)
})

test('clients that come again with every answer of a busy process are answered until they are refused', async (t) => {
  const { shutdown } = await startService(t, { shutdownSeconds: 60 })
  let answered = 0
  const begun = Promise.withResolvers<void>()
  const port = await startOther(shutdown, (response) => {
    standStill(2)
    response.end('here')
    if (++answered === CLIENTS) begun.resolve()
  })
  const askUntilRefused = async () => {
    for (;;) {
      const answer = await sendRaw(port, REQUEST, 60_000).catch((error: NodeJS.ErrnoException) => error)
      if (answer instanceof Error) return answer.code
      assert.match(answer, /^HTTP\/1.1 200 OK\r\n/)
    }
  }
  const clients = Promise.all(Array.from({ length: CLIENTS }, askUntilRefused))
  await begun.promise
  assert.equal(await shutdown.close('a test'), 0)
  assert.deepEqual(new Set(await clients), new Set(['ECONNREFUSED']))
})

test('a flood of connections does not keep the sockets open', async (t) => {
  const { server, port, shutdown, pass } = await startService(t, { shutdownSeconds: 60 })
  const refused = Promise.withResolvers<Error>()
  let accepted = 0
  const next = () => void connect(port, '127.0.0.1').on('error', refused.resolve)
  // As soon as one is accepted another waits: there is no turn of the event loop without one.
  server.on('connection', (socket) => {
    accepted++
    socket.destroy()
    next()
    void pass(1)
  })
  next()
  await once(server, 'connection')
  assert.equal(await shutdown.close('a test'), 0)
  assert.match(String(await refused.promise), /ECONNREFUSED|ECONNRESET/)
  assert.ok(accepted > 100 && accepted < 1_000, String(accepted))
})

/** A second listener of the same process, which does not keep connections. */
async function startOther(
  shutdown: Pick<Shutdown, 'track'>,
  answer: (response: ServerResponse) => void,
): Promise<number> {
  const server = createServer((_request, response) => answer(response.setHeader('Connection', 'close')))
  shutdown.track(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}
