import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { MONITOR_SECONDS, POLL_SECONDS } from '#plugins/job-queue.ts'
import { readConfig } from '#src/config.ts'
import { queueSettings } from '#src/jobs/queues.ts'
import { createParts } from '#src/parts.ts'
import { buildWorker } from '#src/worker.ts'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { SECRET, type ServiceProcess } from '../support/service.ts'
import { eventually } from '../support/shop.ts'

test('A job whose worker is killed while it charges runs again elsewhere, and charges nothing twice', async (t) => {
  let status = 429
  let victim: ServiceProcess | undefined
  const shop = await openShop(t, {
    payment: {
      // Later, which is when this test says so.
      status: () => status,
      headers: () => ({ 'retry-after': '3600' }),
      // The money is taken; the answer never comes.
      async meanwhile() {
        const dying = victim
        victim = undefined
        await dying?.kill()
      },
    },
  })
  // Hearts that beat faster than in production, where the same takes longer: see the arithmetic below.
  await shop.sql`update pgboss.queue set heartbeat_seconds = 3, retry_delay = 0`
  const { id } = await shop.order()
  status = 200
  victim = shop.service
  await shop.sql`update pgboss.job set start_after = now() where name = 'charge-order'`
  await eventually('the death of the worker', () => shop.service.process.signalCode === 'SIGKILL')
  assert.equal(shop.payment.taken(id), 1)
  const [held] = await shop.sql`select state, retry_count from pgboss.job where name = 'charge-order'`
  assert.deepEqual(held, { state: 'active', retry_count: 0 })

  await startWorkerHere(t, shop)
  await eventually('the order to be paid', async () => {
    const [order] = await shop.sql`select status from orders`
    return order?.status === 'paid'
  })
  const [charge, ...others] = shop.payment.charges.values()
  assert.deepEqual(others, [])
  assert.deepEqual([charge?.key, charge?.attempts], [`order:${id}:charge`, 2])
  assert.equal(shop.payment.taken(id), 1)
  // Its end is written down after the order's.
  const done = await eventually('the end of the job', async () => {
    const [job] = await shop.sql`select state, retry_count from pgboss.job where name = 'charge-order'`
    return job?.state === 'completed' && job
  })
  assert.equal(done.retry_count, 1)
})

test('With the figures of production a killed worker’s job runs again within a minute', () => {
  const { heartbeatSeconds, retryDelay, retryBackoff } = queueSettings
  // Killed right after a heartbeat; looked for a moment too early, and then a whole round later; and then polled for.
  const atWorst = heartbeatSeconds + 2 * MONITOR_SECONDS + retryDelay + 2 * POLL_SECONDS
  assert.ok(atWorst < 60, `${atWorst}`)
  // At whatever attempt.
  assert.equal(retryBackoff, false)
})

/** A worker in this process, which looks for the dead every second. */
async function startWorkerHere(t: TestContext, { databaseUrl, payment, warehouse }: ShopFront) {
  const config = readConfig({
    DATABASE_URL: databaseUrl,
    AUTH_JWT_SECRET: SECRET,
    PAYMENT_URL: payment.url,
    PAYMENT_API_KEY: 'sk_test_fake',
    INVENTORY_URL: warehouse.url,
    SMTP_URL: 'smtp://127.0.0.1:9',
    EMAIL_FROM: 'orders@shop.test',
  })
  const parts = createParts(config, pino({ level: 'silent' }))
  const worker = await buildWorker(parts, { monitorSeconds: 1 })
  t.after(async () => {
    await worker.close()
    await parts.closeDependencies()
    await parts.database.close()
  })
  await worker.ready()
}
