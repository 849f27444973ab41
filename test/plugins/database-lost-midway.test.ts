import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { createDatabase } from '../support/postgres.ts'

test('A connection lost between the rows of an answer and its end shifts no later answer', async (t) => {
  const network = await startNetwork(t, await createDatabase(t))
  const pool = createPool({ url: network.url, poolSize: 1 })
  t.after(() => pool.close())
  const ask = () => pool.query((sql) => sql<{ n: number }[]>`select n from generate_series(1, 3) as n`)
  assert.deepEqual([...(await ask())], [{ n: 1 }, { n: 2 }, { n: 3 }])
  for (let times = 0; times < 3; times++) {
    network.cutAfterFirstRow()
    const [first, ...others] = await ask()
    assert.deepEqual([first, ...others], [{ n: 1 }, { n: 2 }, { n: 3 }])
  }
  assert.equal(network.cuts(), 3)
})

/** A way to the database that can be cut after the first row of the next answer that has one. */
async function startNetwork(t: TestContext, databaseUrl: string) {
  const url = new URL(databaseUrl)
  const target = { host: url.hostname, port: Number(url.port) }
  const sockets = new Set<Socket>()
  let cutting = false
  let cuts = 0
  const server = createServer((near) => {
    const far = connect(target)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => [near, far].forEach((one) => void one.destroy()))
    }
    near.pipe(far)
    far.on('data', (chunk: Buffer) => {
      const end = cutting ? endOfFirstRow(chunk) : undefined
      if (end === undefined) return void near.write(chunk)
      cutting = false
      cuts++
      near.end(chunk.subarray(0, end))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  url.host = `127.0.0.1:${address.port}`
  return {
    url: url.href,
    cutAfterFirstRow() {
      cutting = true
    },
    cuts: () => cuts,
  }
}

/** Messages are a letter and a length that counts itself (PostgreSQL documentation, section 54.7); `D` is a row. */
function endOfFirstRow(chunk: Buffer): number | undefined {
  for (let at = 0; at + 5 <= chunk.length; ) {
    const end = at + 1 + chunk.readUInt32BE(at + 1)
    if (chunk.toString('latin1', at, at + 1) === 'D') return end
    at = end
  }
  return undefined
}
