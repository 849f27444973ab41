import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, connect as dial } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createEmptyDatabase, type Lifetime } from '../support/postgres.ts'
import { COMPILE_CACHE, startService } from '../support/service.ts'
import { basket, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'

const MIGRATE = fileURLToPath(new URL('../../src/database/migrate.ts', import.meta.url))

/** Listens at a port from now on, and passes everything on. */
async function openDoor(lifetime: Lifetime, port: number, to: URL): Promise<void> {
  const server = createServer((near) => {
    const far = dial(Number(to.port), to.hostname)
    for (const socket of [near, far]) {
      socket
        .on('error', () => {})
        .on('close', () => {
          near.destroy()
          far.destroy()
        })
    }
    near.pipe(far).pipe(near)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  lifetime.after(async () => void server.close())
}

/** Runs the migration as an orchestrator does: again when it failed. */
async function migrateUntilDone(lifetime: Lifetime, url: string, onFailure: () => void): Promise<string> {
  let isOver = false
  lifetime.after(async () => {
    isOver = true
  })
  while (!isOver) {
    const child = spawn(process.execPath, ['--import', COMPILE_CACHE, MIGRATE], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, DATABASE_URL: url },
    })
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    if (code === 0) return said
    onFailure()
  }
  return ''
}

test('Five migrations, an API and a worker begin before the database is there, and all come up', async (t) => {
  const direct = new URL(await createEmptyDatabase(t))
  const door = new URL(direct)
  door.port = String(await freePort())
  const [payment, warehouse] = await Promise.all([startFakePayment(t), startFakeWarehouse(t)])
  const parts = { databaseUrl: door.href, paymentUrl: payment.url, inventoryUrl: warehouse.url }

  const [api, worker] = await Promise.all([
    startService(t, parts, { ROLE: 'api' }),
    startService(t, parts, { ROLE: 'worker' }),
  ])
  const listeners = [api.api, worker.operations]
  for (const listener of listeners) {
    assert.equal((await fetch(`${listener}/livez`)).status, 200)
    assert.equal((await fetch(`${listener}/readyz`)).status, 503)
  }
  let failures = 0
  const migrations = Array.from({ length: 5 }, () => migrateUntilDone(t, door.href, () => failures++))
  await eventually('a migration to fail', () => failures > 0)

  await openDoor(t, Number(door.port), direct)
  const said = await Promise.all(migrations)
  assert.equal(said.filter((line) => line.startsWith('Applied')).length, 1, said.join(''))
  for (const listener of listeners) {
    await eventually(`${listener} to be ready`, async () => (await fetch(`${listener}/readyz`)).ok)
  }
  await stock(connect(t, direct.href), { desk: 1 })
  const order = { key: randomUUID(), token: await tokenOf('customer-early') }
  assert.equal((await place(api.api, basket('desk'), order)).status, 201)
})
