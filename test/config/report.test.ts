import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { variables } from '#src/config/variables.ts'
import { COMPILE_CACHE } from '../support/service.ts'

const SHOW = fileURLToPath(new URL('../../src/config/show.ts', import.meta.url))

/** Runs it in an environment of its own, as `npm run config` does. */
const run = (env: Record<string, string>) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const command = ['--import', COMPILE_CACHE, SHOW]
    execFile(process.execPath, command, { env: { PATH: process.env.PATH, ...env } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })

const complete = {
  DATABASE_URL: 'postgres://holdfast:hunter2@db:5432/shop?options=hunter2',
  AUTH_JWT_SECRET: 'hunter2 hunter2 hunter2 hunter2 hunter2',
  PAYMENT_API_KEY: 'sk_test_hunter2',
  INVENTORY_URL: 'http://user:hunter2@warehouse:4000/',
  SMTP_URL: 'smtp://user:hunter2@mail:587',
  OPS_TOKEN: 'hunter2',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:hunter2@collector:4318',
  CORS_ORIGINS: 'https://shop.example.com, https://admin.example.com',
  ROLE: '',
}

test('Every setting is shown once as it is in force, defaults marked, and no secret', async () => {
  const { code, out, err } = await run(complete)
  assert.equal(code, 0, err)
  assert.doesNotMatch(out, /hunter2/)
  const lines = out.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  assert.deepEqual(
    lines.map((line) => line.split(' ', 1)[0]),
    variables.map(({ name }) => name),
  )
  const shown = Object.fromEntries(lines.map((line) => line.split(/ +(.*)/, 2)))
  assert.equal(shown.PORT, '3000  (default)')
  assert.equal(shown.ROLE, '"all"  (default)')
  assert.equal(shown.PUBLIC_URL, '(not set)')
  assert.equal(shown.DATABASE_URL, '"postgres://***@db:5432/shop?***"')
  assert.equal(shown.INVENTORY_URL, '"http://***@warehouse:4000"')
  assert.equal(shown.OPS_TOKEN, '*** (7 bytes, not shown)')
  assert.equal(shown.OTEL_EXPORTER_OTLP_ENDPOINT, '"http://***@collector:4318"')
  assert.equal(shown.CORS_ORIGINS, '"https://shop.example.com,https://admin.example.com"')
})

test('In an environment in which nothing can start it says why, as the start does', async () => {
  const { code, out, err } = await run({ ...complete, PORT: 'hunter', DATABASE_URL: '' })
  assert.equal(code, 1)
  assert.equal(out, '')
  assert.match(err, /2 variables are wrong/)
  assert.match(err, / {2}PORT is "hunter"\n {4}allowed: a port from 0 to 65535.*\n {4}example: PORT=8080/)
  assert.match(err, / {2}DATABASE_URL is not set\n/)
})
