import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { startOpenTelemetry } from '#plugins/tracing.ts'
import { eventually } from '../support/shop.ts'

test('What a collector says of a refusal is not logged, as it may repeat the key it was shown', async (t) => {
  const server = createServer((request, response) => {
    const said = `no such key: ${request.headers['x-shop']}`
    response.writeHead(401, said, { 'content-type': 'text/plain' }).end(said)
    request.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const logged: unknown[][] = []
  const tracer = await startOpenTelemetry({
    url: `http://127.0.0.1:${address.port}/v1/traces`,
    headers: { 'x-shop': 'hunter2' },
    resource: {},
    sampler: 'always_on',
    samplerRatio: 1,
    log: { warn: (...line: unknown[]) => void logged.push(line) },
  })
  t.after(() => tracer.close())
  tracer.start('order', { kind: 'internal' }).end()
  await eventually('a complaint', () => logged.length > 0)
  assert.deepEqual(logged, [[{ reason: 'the collector answered 401' }, 'traces are not sent']])
})
