import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { assertNoHalfOrder, startLoad } from '../orders/load.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { reversed } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { startService } from '../support/service.ts'
import { connect, eventually, stock } from '../support/shop.ts'
import { startPgBouncer } from './pgbouncer.ts'

const STOCK = 10_000

describe('Behind PgBouncer in transaction mode', needs('pgbouncer'), () => {
  for (const [name, prepare] of [
    ['told of it, it prepares no statement', 'false'],
    ['not told of it, it finds out', 'true'],
  ] as const) {
    test(`${name}: orders are placed and jobs run, also while sessions are ended`, async (t) => {
      const lifetime = reversed(t)
      const databaseUrl = await createDatabase(lifetime)
      const sql = connect(lifetime, databaseUrl)
      await stock(sql, { desk: STOCK })
      const payment = await startFakePayment(lifetime)
      const warehouse = await startFakeWarehouse(lifetime)
      const service = await startService(
        lifetime,
        {
          databaseUrl: await startPgBouncer(lifetime, databaseUrl),
          paymentUrl: payment.url,
          inventoryUrl: warehouse.url,
        },
        { DATABASE_PREPARE: prepare, PUBLIC_URL: 'https://shop.test' },
      )
      await eventually('readiness', async () => (await fetch(`${service.api}/readyz`)).ok)
      const load = startLoad(service.api, 4)
      await eventually('orders', () => load.made().size > 20)

      let ended = 0
      while (ended < 30) {
        const sessions = await sql`select pg_terminate_backend(pid) from (select pid from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and application_name like 'holdfast%'
          order by random() limit 3) as chosen`
        ended += sessions.length
        await pause(150)
      }
      const before = load.made().size
      await eventually('orders after it', () => load.made().size > before + 10)
      await eventually('jobs', async () => {
        const [job] = await sql`select from pgboss.job where name = 'send-mail' and retry_count > 0`
        return job !== undefined
      })
      await load.end()
      await assertNoHalfOrder(sql, load.made(), STOCK)
      assert.equal(service.process.exitCode, null)
      assert.ok(service.logs.some(({ msg }) => String(msg).includes('behind a pooler')))
    })
  }
})
