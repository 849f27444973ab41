import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SECRET } from './support/service.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** What `npm run serve` says and ends with, that cannot start. */
async function serve(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      OPS_PORT: '0',
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
      AUTH_JWT_SECRET: SECRET,
      PAYMENT_API_KEY: 'sk_test_fake',
      INVENTORY_URL: 'http://127.0.0.1:9',
      SMTP_URL: 'smtp://127.0.0.1:9',
      ...env,
    },
  })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const lines = out.split('\n').filter((line) => line !== '')
  return { logs: lines.map((line): Record<string, unknown> => JSON.parse(line)), err, code }
}

async function takenPort(t: { after(cleanUp: () => unknown): void }): Promise<string> {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const address = taken.address()
  assert.ok(address !== null && typeof address === 'object')
  return String(address.port)
}

for (const [name, listener] of [
  ['PORT', 'api'],
  ['OPS_PORT', 'operations'],
] as const) {
  test(`With ${name} taken, one line says where it cannot listen, and none that anything does`, async (t) => {
    const port = await takenPort(t)
    const { logs, err, code } = await serve({ [name]: port })
    assert.equal(code, 1)
    assert.equal(err, '')
    const messages = logs.map(({ msg }) => String(msg))
    assert.deepEqual(
      messages.filter((message) => /(?: listens at | cannot be opened )/.test(message)),
      [`${listener} listener cannot be opened at http://127.0.0.1:${port}: ${inUse(port)}`],
    )
    assert.equal(logs.at(-1)?.level, 'fatal')
    assert.equal(logs.find(({ msg }) => msg === 'shut down')?.exitCode, 1)
  })
}

const inUse = (port: string) => `listen EADDRINUSE: address already in use 127.0.0.1:${port}`

test('A HOST that is not of this machine is named', async () => {
  // RFC 5737: nobody has it.
  const { logs, err, code } = await serve({ HOST: '192.0.2.1', PORT: '8080' })
  assert.equal(code, 1)
  assert.equal(err, '')
  assert.match(String(logs.at(-1)?.msg), /^api listener cannot be opened at http:\/\/192\.0\.2\.1:8080: /)
})
