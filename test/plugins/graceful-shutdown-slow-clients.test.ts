import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sendRaw } from '../support/raw-http.ts'
import { ask, beginAsking, startChild } from './graceful-shutdown/child.ts'
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

test('a request that has arrived whole is not refused with those that have not', async (t) => {
  const { url, port, pass, shutdown, asked, logged, letGo } = await startService(t, { shutdownSeconds: 20 })
  const slow = ask(`${url}/slow`)
  const half =
    'POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'
  const refused = sendRaw(port, half, 60_000)
  await asked(2)
  const code = shutdown.close('a test')
  await logged('no longer accepting connections')
  await pass(12_000)
  assert.match(await refused, /^HTTP\/1\.1 408 /)
  letGo()
  assert.deepEqual(await slow, { status: 200, connection: 'close', body: 'slow' })
  assert.equal(await code, 0)
})

test('who has connected before listening stopped has half a second to go on speaking', async (t) => {
  const { port, shutdown, logged } = await startService(t, { shutdownSeconds: 20 })
  const finish = await beginAsking(port, '/')
  const code = shutdown.close('a test')
  await logged('no longer accepting connections')
  // The connections are looked over twice meanwhile, and by the clock of the process no time passes.
  await wait(120)
  assert.match(await finish(), /^HTTP\/1\.1 200 /)
  assert.equal(await code, 0)
})

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
