import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startChild } from './graceful-shutdown/child.ts'

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
  assert.ok(child.sinceSignal() < 3_000)
  const { hung } = await child.logged('does not close, going on without it')
  assert.equal(hung, 'http requests: GET /large')
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
