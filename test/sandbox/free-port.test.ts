import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePort } from '../../sandbox/postgres/free-port.ts'

test('A free port can be listened on, and is none that the system gives to somebody else meanwhile', async (t) => {
  for (let round = 0; round < 20; round++) {
    const port = await freePort()
    // The range of Linux, which begins lower than any other: https://docs.kernel.org/networking/ip-sysctl.html
    assert.ok(port >= 1_024 && port < 32_768, `${port}`)
    const server = createServer().listen(port, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
  }
})
