import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { sendRaw } from '../support/raw-http.ts'
import { startChild } from './graceful-shutdown/child.ts'
import { startService } from './graceful-shutdown/in-process.ts'

test('an answer is not cut because its reader is slow', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 30 })
  const reader = await beginReading(child.port)
  child.signal('SIGTERM')
  await child.logged('no longer accepting connections')
  assert.ok((await reader.readAll()) > 30_000_000)
  assert.equal(await child.exited, 0)
})

test('a reader who never reads is named, and the exit code is 1 when time is up', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 2 })
  await beginReading(child.port)
  child.signal('SIGTERM')
  assert.equal(await child.exited, 1)
  const { hung } = await child.logged('does not close, going on without it')
  assert.equal(hung, 'http requests: GET /large')
})

for (const [name, half] of [
  ['with a length', 'Content-Length: 9\r\n\r\n{'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n'],
  ['of which nothing came', 'Content-Length: 9\r\nExpect: 100-continue\r\n\r\n'],
] as const) {
  test(`a body ${name} that does not arrive is refused when time grows short, and the exit code is 0`, async (t) => {
    const { port, pass, shutdown, asked, logged } = await startService(t, { shutdownSeconds: 20 })
    const head = 'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
    const answer = sendRaw(port, head + half, 60_000)
    await asked()
    const code = shutdown.close('a test')
    await logged('no longer accepting connections')
    await pass(12_000)
    assert.match(await answer, /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 408 /)
    assert.equal(await code, 0)
    const { unfinished } = await logged('time grows short, ending what is under way')
    assert.deepEqual(unfinished, ['http requests: POST /upload', 'http', 'jobs', 'database'])
  })
}

/** Asks for the large answer, and takes its beginning only. */
async function beginReading(port: number) {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')
  const [first] = await once(socket, 'data')
  socket.pause()
  return {
    /** How many bytes came in all. */
    async readAll(): Promise<number> {
      let bytes: number = first.length
      socket.on('data', (chunk) => {
        bytes += chunk.length
      })
      socket.resume()
      await once(socket, 'close')
      return bytes
    },
  }
}
