import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { isUnavailable } from '#plugins/database/unavailable.ts'
import { createDatabase as createPool } from '#plugins/database.ts'
import { migrate } from '#src/database/migrate.ts'
import { startEmbeddedPostgres } from '../../sandbox/embedded-postgres.ts'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import { readPostmasterFile } from '../../sandbox/postgres/left-behind.ts'
import { assertNoHalfOrder, startLoad } from '../orders/load.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { reversed } from '../support/lifetime.ts'
import type { Lifetime } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { connect, eventually, stock } from '../support/shop.ts'

const STOCK = 10_000
/** The contract's figure, and the time that a busy machine adds. */
const BACK_WITHIN_MS = 10_000 + 2_000

test('A primary dies under load, its synchronous standby is promoted: no acknowledged order is lost, and nobody restarts', async (t) => {
  const lifetime = reversed(t)
  const { primary, standby, ports, url } = await startPair(lifetime)
  await stock(primary.sql, { desk: STOCK })
  const payment = await startFakePayment(lifetime)
  const warehouse = await startFakeWarehouse(lifetime)
  // The standby stands first: it is passed over, as it must not be written to and may be behind.
  const databaseUrl = url.replace(`127.0.0.1:${ports.primary}`, `127.0.0.1:${ports.standby},$&`)
  assert.deepEqual(await migrate(databaseUrl), [], 'it finds the primary, and nothing to do')
  const standbyAlone = url.replace(`:${ports.primary}`, `:${ports.standby}`)
  assert.equal(await answers(`${standbyAlone}?target_session_attrs=any`), true)
  assert.equal(await answers(`${standbyAlone}?target_session_attrs=read-write`), false)
  const service = await startService(
    lifetime,
    {
      databaseUrl,
      paymentUrl: payment.url,
      inventoryUrl: warehouse.url,
    },
    { PUBLIC_URL: 'https://shop.test' },
  )
  await eventually('readiness', async () => (await fetch(`${service.api}/readyz`)).ok)
  const load = startLoad(service.api, 4)
  await eventually('orders', () => load.made().size > 20)
  for (let round = 0; round < 5; round++) {
    await primary.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'holdfast%'`
    const before = load.made().size
    await eventually('orders after it', () => load.made().size > before)
  }

  await primary.die()
  await eventually('unreadiness', async () => (await fetch(`${service.api}/readyz`)).status === 503)
  await standby.sql`select pg_promote()`
  const promotedAt = new Date()
  await eventually('readiness', async () => (await fetch(`${service.api}/readyz`)).ok, BACK_WITHIN_MS)
  const before = load.made().size
  await eventually('orders after it', () => load.made().size > before + 10)
  await eventually('jobs after it', async () => {
    const [job] =
      await standby.sql`select from pgboss.job where name = 'send-mail' and started_on > ${promotedAt}`
    return job !== undefined
  })
  await load.end()
  await assertNoHalfOrder(standby.sql, load.made(), STOCK)
  assert.equal(service.process.exitCode, null)
})

/** Two servers, of which the second has everything that the first has committed. */
async function startPair(lifetime: Lifetime) {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-pair-'))
  lifetime.after(() => rm(home, { recursive: true, force: true }))
  const directory = { primary: join(home, 'primary'), standby: join(home, 'standby') }
  const ports = { primary: await freePort(), standby: await freePort() }

  // Copied while it is stopped: no tool is needed for that, and none comes with the embedded server.
  const first = await startEmbeddedPostgres({ directory: directory.primary, port: ports.primary })
  await migrate(first.url)
  await first.stop()
  await promisify(execFile)('cp', ['-a', directory.primary, directory.standby])
  await writeFile(join(directory.standby, 'standby.signal'), '')

  const { username, password } = new URL(first.url)
  const primary = await startEmbeddedPostgres({
    directory: directory.primary,
    port: ports.primary,
    settings: { synchronous_standby_names: '*' },
  })
  lifetime.after(() => primary.stop())
  const standby = await startEmbeddedPostgres({
    directory: directory.standby,
    port: ports.standby,
    settings: {
      primary_conninfo: `host=127.0.0.1 port=${ports.primary} user=${username} password=${password}`,
    },
  })
  lifetime.after(() => standby.stop())
  return {
    url: first.url,
    ports,
    primary: {
      sql: connect(lifetime, primary.url),
      async die(): Promise<void> {
        const file = await readPostmasterFile(directory.primary)
        assert.ok(file !== undefined)
        process.kill(file.pid, 'SIGQUIT')
        await primary.stop()
      },
    },
    standby: { sql: connect(lifetime, standby.url) },
  }
}

async function answers(url: string): Promise<boolean> {
  const pool = createPool({ url, poolSize: 1 })
  const answered = pool
    .query((sql) => sql`select 1`)
    .then(
      () => true,
      (error) => !isUnavailable(error),
    )
  return await answered.finally(() => pool.close())
}
