import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startDatabase } from '../chaos/database.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { reversed } from '../support/lifetime.ts'
import { startService } from '../support/service.ts'
import { basket, eventually, place, stock, tokenOf } from '../support/shop.ts'
import { assertNoHalfOrder, startLoad } from './load.ts'

const STOCK = 100_000
/** The contract's figure, and the time that a busy machine adds. */
const BACK_WITHIN_MS = 10_000 + 2_000

suite('A service whose database goes away', { concurrency: 1 }, () => {
  for (const signal of ['SIGQUIT', 'SIGINT'] as const) {
    test(`restarted under load (${signal}): answers 503 meanwhile, serves again, and leaves no half order`, async (t) => {
      const { database, start } = await scene(t)
      const service = await start()
      const probes = watchLiveness(service.api)
      const load = startLoad(service.api, 6)
      await eventually('the first orders', () => load.made().size > 20)

      await database.stop(signal)
      await eventually('unreadiness', async () => (await fetch(`${service.api}/readyz`)).status === 503)
      await eventually('a refusal', () => load.refusals() > 0)
      await database.start()
      await eventually('readiness', async () => (await fetch(`${service.api}/readyz`)).ok, BACK_WITHIN_MS)
      const before = load.made().size
      await eventually('orders after it', () => load.made().size > before + 20)

      await load.end()
      await assertNoHalfOrder(database.sql, load.made(), STOCK)
      assert.equal(service.process.exitCode, null)
      assert.deepEqual(await probes.end(), new Set([200]))
    })
  }

  test('started without one, it lives, is not ready, and serves as soon as there is one', async (t) => {
    const { database, start } = await scene(t)
    await database.stop('SIGINT')
    const service = await start()
    assert.equal((await fetch(`${service.api}/livez`)).status, 200)
    assert.equal((await fetch(`${service.api}/readyz`)).status, 503)
    await database.start()
    await eventually('readiness', async () => (await fetch(`${service.api}/readyz`)).ok, BACK_WITHIN_MS)
    const token = await tokenOf('somebody')
    const answer = await place(service.api, basket('desk'), { key: 'first', token })
    assert.equal(answer.status, 201)
    await eventually('its worker', async () => {
      const [job] = await database.sql`select from pgboss.job where name = 'send-mail' and state <> 'created'`
      return job !== undefined
    })
  })

  test('200 of its sessions are ended within 20 seconds: no exit, no wrong answer', async (t) => {
    const { database, start } = await scene(t)
    const service = await start()
    const load = startLoad(service.api, 4)
    for (let ended = 0; ended < 200; ) {
      ended += await database.terminate(2, Math.random)
      assert.equal(service.process.exitCode, null, JSON.stringify(service.logs.slice(-5)))
      await pause(50)
    }
    await load.end()
    await assertNoHalfOrder(database.sql, load.made(), STOCK)
    assert.equal(service.process.exitCode, null)
    assert.equal(service.process.signalCode, null)
  })
})

async function scene(t: TestContext) {
  const lifetime = reversed(t)
  const database = await startDatabase(lifetime)
  await stock(database.sql, { desk: STOCK })
  const payment = await startFakePayment(lifetime)
  const warehouse = await startFakeWarehouse(lifetime)
  const parts = { databaseUrl: database.directUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
  // An address would be taken for one that leaks from the inside; and what died with a session is asked for until its
  // lease has ended.
  const env = { PUBLIC_URL: 'https://shop.test', ORDER_LEASE_SECONDS: '2' }
  return { database, start: () => startService(lifetime, parts, env) }
}

/** Asks all the time whether the process lives. */
function watchLiveness(api: string) {
  let going = true
  const statuses = new Set<number>()
  const running = (async () => {
    while (going) {
      statuses.add((await fetch(`${api}/livez`)).status)
      await pause(50)
    }
  })()
  running.catch(() => {})
  return {
    async end() {
      going = false
      await running
      return statuses
    },
  }
}
