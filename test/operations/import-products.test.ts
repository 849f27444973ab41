import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import pino from 'pino'
import type { ImportResult } from '#src/products/import-products.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import { connect as connectTo, eventually } from '../support/shop.ts'
import { desk, startOperations } from './operator-service.ts'

const line = (id: string, change: object = {}) => JSON.stringify({ id, ...desk, ...change })

function send(url: string, body: string | ReadableStream, type = 'application/x-ndjson') {
  const headers = { 'content-type': type }
  return fetch(`${url}/products/import`, { method: 'POST', headers, body, duplex: 'half' })
}

async function resultOf(response: Response): Promise<ImportResult> {
  assert.equal(response.status, 200)
  return JSON.parse(await response.text())
}

test('good lines are kept, and each bad one is reported by its number', async (t) => {
  const { app, url } = await startOperations(t)
  const lines = [
    line('a'),
    '{"id":"b"',
    '',
    line('c d'),
    line('e', { price: { amount: 1, currency: 'EUR' }, stock: -1 }),
    '  \t',
    `{"id":"f","id":"g",${JSON.stringify(desk).slice(1)}`,
    line('h', { name: 'nul\0' }),
    `{"id":"i","name":"\\ud800",${JSON.stringify({ ...desk, name: undefined }).slice(1)}`,
    line('j', { description: 'x'.repeat(70_000) }),
    line('k', { colour: 'red' }),
    '[]',
    ' x',
    line('last'),
  ]
  const response = await send(url, lines.join('\r\n'))
  assert.match(String(response.headers.get('content-type')), /^application\/json/)
  const { imported, failed, failedTotal } = await resultOf(response)
  assert.equal(imported, 2)
  assert.equal(failedTotal, 10)
  const reasons = new Map(failed.map(({ line, reason }) => [line, reason]))
  assert.deepEqual([...reasons.keys()], [2, 4, 5, 7, 8, 9, 10, 11, 12, 13])
  assert.match(String(reasons.get(2)), /^The line is not JSON/)
  assert.match(String(reasons.get(5)), /#\/price\/currency .*; #\/stock /)
  assert.match(String(reasons.get(7)), /twice/)
  assert.match(String(reasons.get(10)), /longer than 65536 bytes/)
  assert.match(String(reasons.get(11)), /#\/colour/)
  for (const number of [12, 13]) assert.match(String(reasons.get(number)), /^does not begin with {/)
  const ids = (await app.inject({ url: '/products' })).json().map(({ id }: { id: string }) => id)
  assert.deepEqual(ids, ['a', 'last'])
})

test('a byte order mark is told, for it cannot be seen', async (t) => {
  const { url } = await startOperations(t)
  const { imported, failed } = await resultOf(await send(url, `\ufeff${line('a')}\n${line('b')}`))
  assert.deepEqual([imported, failed], [1, [{ line: 1, reason: 'The line begins with a byte order mark.' }]])
})

test('of two lines with one id the later holds, wherever they stand', async (t) => {
  const { app, url } = await startOperations(t)
  const lines = [line('a', { stock: 1 }), line('a', { stock: 5 })]
  for (let index = 0; index < 1200; index++) lines.push(line(`p-${index}`))
  lines.push(line('p-3', { stock: 9 }))
  assert.equal((await resultOf(await send(url, `${lines.join('\n')}\n`))).imported, 1203)
  const stock = async (id: string) => (await app.inject({ url: `/products/${id}` })).json().stock
  assert.deepEqual([await stock('a'), await stock('p-3'), await stock('p-1199')], [5, 9, 2])
})

test('an import is seen by the public at once', async (t) => {
  const { app, url } = await startOperations(t)
  await send(url, line('a'))
  assert.equal((await app.inject({ url: '/products/a' })).json().stock, 2)
  await send(url, line('a', { stock: 7 }))
  assert.equal((await app.inject({ url: '/products/a' })).json().stock, 7)
})

test('after an import without an outcome nobody is shown what was read before: it may have been done', async (t) => {
  const { app, url, databaseUrl } = await startOperations(t)
  const stock = async () => (await app.inject({ url: '/products/a' })).json().stock
  await send(url, line('a'))
  assert.equal(await stock(), 2)
  await connectTo(t, databaseUrl).begin(async (theirs) => {
    await theirs`update products set stock = 7`
    await assertProblem(await send(url, line('a')), { slug: 'service-unavailable' })
  })
  assert.equal(await stock(), 7)
})

test('nothing is imported from nothing, and another type is refused', async (t) => {
  const { url } = await startOperations(t)
  const nothing = await resultOf(await send(url, ''))
  assert.deepEqual(nothing, { imported: 0, failed: [], failedTotal: 0 })
  await assertProblem(await send(url, '{}', 'application/json'), { slug: 'unsupported-media-type' })
})

test('of an import that breaks off the lines that were read whole are kept, and it is no error of ours', async (t) => {
  const logged: { level: number; msg: string }[] = []
  const log = pino({ level: 'debug' }, { write: (text: string) => void logged.push(JSON.parse(text)) })
  const { url, store } = await startOperations(t, { log })
  const { host, port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  const head = `POST /products/import HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-ndjson\r\n`
  const lines = `${line('a')}\n${line('b')}\n${line('half').slice(0, -5)}`
  socket.write(`${head}Content-Length: 100000\r\n\r\n${lines}`, () => socket.destroy())
  await eventually('its end', () => logged.some(({ msg }) => msg === 'products imported'))
  const kept = await store.getMany(['a', 'b', 'half'])
  assert.deepEqual(kept.map(({ id }) => id).sort(), ['a', 'b'])
  assert.deepEqual(
    logged.filter(({ level }) => level > 30),
    [],
  )
})

test('an import that has not ended when time grows short is answered, and keeps what was read', async (t) => {
  const { url, databaseUrl, shutdown } = await startOperations(t)
  const ids = Array.from({ length: 700 }, (_, index) => `p-${index}`)
  const head = 'POST /products/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n'
  const lines = ids.map((id) => `${line(id)}\n`).join('')
  const sql = connectTo(t, databaseUrl)
  const request = `${head}Content-Length: 1000000\r\n\r\n${lines}`
  const answer = sendRaw(Number(new URL(url).port), request, 20_000)
  await eventually('the first lines to be saved', async () => (await sql`select 1 from products limit 1`)[0])
  void shutdown.close('a test')
  const [refusal] = parseAnswers(await answer)
  assert.ok(refusal)
  await assertProblem(refusal, { slug: 'request-timeout', headers: { connection: 'close' } })
  assert.equal(await shutdown.closed, 0)
  const [kept] = await sql`select count(*)::int from products`
  assert.equal(kept?.count, ids.length)
})

test('what is compressed is refused, and nothing of it is taken for lines', async (t) => {
  const { url } = await startOperations(t)
  const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }
  const body = gzipSync(line('a'))
  await assertProblem(await fetch(`${url}/products/import`, { method: 'POST', headers, body }), {
    slug: 'unsupported-media-type',
    headers: { 'accept-encoding': 'identity' },
  })
})

test('of very many bad lines the first thousand are told, and all are counted', async (t) => {
  const { url } = await startOperations(t)
  const { imported, failed, failedTotal } = await resultOf(await send(url, 'x\n'.repeat(2500)))
  assert.deepEqual([imported, failed.length, failedTotal], [0, 1000, 2500])
})

test('bad lines hold up nobody, however many arrive at once', async (t) => {
  const { operations } = await startOperations(t)
  for (const bad of ['x', '', '{', '{"sku":1}', '[]']) {
    let turns = 0
    const count = () => {
      turns++
      counting = setImmediate(count)
    }
    let counting = setImmediate(count)
    const { statusCode } = await operations.inject({
      method: 'POST',
      url: '/products/import',
      headers: { 'content-type': 'application/x-ndjson' },
      // Whole, as it is here: nothing that comes over a wire would give others a turn.
      payload: `${bad}\n`.repeat(5_000),
    })
    clearImmediate(counting)
    assert.equal(statusCode, 200)
    assert.ok(turns >= 50, `others had ${turns} turns beside 5,000 lines of ${bad}`)
  }
})

test('an import without a database is 503, though more is on its way', async (t) => {
  const { url, line: wire } = await startOperations(t)
  wire.cut()
  const lines = Array.from({ length: 5000 }, (_, index) => line(`p-${index}`))
  await assertProblem(await send(url, lines.join('\n')), { slug: 'service-unavailable' })
})

test('two hundred thousand lines pass through without staying', async (t) => {
  const { url, store } = await startOperations(t)
  const total = 200_000
  let sent = 0
  let most = 0
  const before = process.memoryUsage()
  const body = new ReadableStream({
    async pull(controller) {
      const lines: string[] = []
      for (let index = 0; index < 500 && sent < total; index++) lines.push(line(`p-${sent++}`))
      controller.enqueue(new TextEncoder().encode(`${lines.join('\n')}\n`))
      const { heapUsed, external } = process.memoryUsage()
      most = Math.max(most, heapUsed + external - before.heapUsed - before.external)
      await turn()
      if (sent >= total) controller.close()
    },
  })
  const { imported, failedTotal } = await resultOf(await send(url, body))
  assert.deepEqual([imported, failedTotal], [total, 0])
  assert.equal((await store.getMany(['p-0', 'p-199999'])).length, 2)
  // The lines are 20 MB; kept as objects they would be several times that.
  assert.ok(most < 150 * 1024 ** 2, `${Math.round(most / 1024 ** 2)} MiB more at the highest`)
})
