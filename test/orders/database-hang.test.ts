import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ChaosDatabase, startDatabase } from '../chaos/database.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { reversed } from '../support/lifetime.ts'
import { startService } from '../support/service.ts'
import { eventually, stock, tokenOf } from '../support/shop.ts'
import { assertNoHalfOrder, startLoad } from './load.ts'

const STOCK = 100_000
/** The contract's figure, and the time that a busy machine adds. */
const BACK_WITHIN_MS = 10_000 + 2_000

interface Hang {
  begin: (database: ChaosDatabase) => unknown
  end: (database: ChaosDatabase) => void
}

const HANGS: Record<string, Hang> = {
  'a network that swallows every byte, and forgets the connections': {
    begin: ({ proxy }) => proxy.fallSilent(),
    end: ({ proxy }) => proxy.speak(),
  },
  'a server whose processes are stopped, and go on later': {
    begin: (database) => database.freeze(),
    end: (database) => database.thaw(),
  },
}

suite('A service whose database hangs', { concurrency: true }, () => {
  for (const [name, hang] of Object.entries(HANGS)) {
    test(`${name}: nobody waits longer than ten seconds, and it serves again by itself`, async (t) => {
      const lifetime = reversed(t)
      const database = await startDatabase(lifetime)
      await stock(database.sql, { desk: STOCK })
      const payment = await startFakePayment(lifetime)
      const warehouse = await startFakeWarehouse(lifetime)
      const service = await startService(
        lifetime,
        { databaseUrl: database.url, paymentUrl: payment.url, inventoryUrl: warehouse.url },
        { PUBLIC_URL: 'https://shop.test', DATABASE_POOL_SIZE: '4' },
      )
      const token = await tokenOf('somebody')
      // Each of its answers is timed, and a 503 has to say when to come again.
      const load = startLoad(service.api, 6)
      await eventually('the first orders', () => load.made().size > 10)

      await hang.begin(database)
      await eventually('a refusal', () => load.refusals() > 0)
      await eventually('unreadiness', async () => (await fetch(`${service.api}/readyz`)).status === 503)
      await eventually('it to be known', () => said(service.logs, 'the database is away'))
      const asked = performance.now()
      const headers = { authorization: `Bearer ${token}` }
      for (let i = 0; i < 5; i++) {
        const answer = await fetch(`${service.api}/orders`, { headers })
        await assertProblem(answer, { status: 503, slug: 'service-unavailable' })
        assert.ok(Number(answer.headers.get('retry-after')) > 0)
      }
      assert.ok(
        performance.now() - asked < 5_000,
        'five answers while it is known take less than one that waits',
      )
      assert.equal((await fetch(`${service.api}/livez`)).status, 200)

      hang.end(database)
      await eventually('readiness', async () => (await fetch(`${service.api}/readyz`)).ok, BACK_WITHIN_MS)
      const before = load.made().size
      await eventually('orders after it', () => load.made().size > before + 10)
      const done = await mailsDone(database)
      await eventually('jobs after it', async () => (await mailsDone(database)) > done, 30_000)
      await load.end()
      await assertNoHalfOrder(database.sql, load.made(), STOCK)
      assert.equal(service.process.exitCode, null)
    })
  }
})

const said = (logs: Record<string, unknown>[], what: string) => logs.some(({ msg }) => msg === what)

/** Jobs that a worker looked at: nobody listens where mail goes, so each is put off. */
async function mailsDone({ sql }: ChaosDatabase): Promise<number> {
  const [row] =
    await sql`select count(*)::int as n from pgboss.job where name = 'send-mail' and retry_count > 0`
  return row?.n
}
