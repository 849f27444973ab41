import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import postgres from 'postgres'
import { migrate } from '#src/database/migrate.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createEmptyDatabase, type Lifetime } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf, V2 } from '../support/shop.ts'
import { execute } from '../support/statement.ts'

const project = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/operations.md', project), 'utf8')
const grants = await readFile(new URL('deploy/database/grants.sql', project), 'utf8')

/** What the page says, in names and with passwords of the test's own: roles are the whole server's. */
async function createAsThePageSays(lifetime: Lifetime) {
  const name = `holdfast_${randomUUID().slice(0, 8)}`
  const rename = (sql: string) => sql.replaceAll(/\bholdfast(?=_owner\b|\b)/g, name)
  let admin = ''
  // Ahead of what follows, whose own end takes the way in along.
  lifetime.after(async () => {
    await execute(admin, `drop database if exists ${name} with (force)`)
    await execute(admin, `drop role if exists ${name}, ${name}_owner`)
  })
  admin = await createEmptyDatabase(lifetime)
  const [, said = ''] = /```sql\n(create role [^`]+)```/.exec(page) ?? []
  const statements = rename(said).replaceAll('…', name).split(';').slice(0, -1)
  assert.equal(statements.length, 3)
  for (const statement of statements) await execute(admin, statement)
  const urlAs = (role: string) => {
    const url = new URL(admin)
    Object.assign(url, { username: role, password: name, pathname: `/${name}` })
    return url.href
  }
  const owner = connect(lifetime, urlAs(`${name}_owner`))
  return {
    ownerUrl: urlAs(`${name}_owner`),
    owner,
    serviceUrl: urlAs(name),
    grant: () => owner.unsafe(rename(grants)),
  }
}

describe('A role that owns the tables and one that serves', { concurrency: true }, () => {
  for (const when of ['before', 'after']) {
    test(`Granted ${when} the migration, the other serves: orders, jobs, the reaper, the care of the queues`, async (t) => {
      const { ownerUrl, owner, serviceUrl, grant } = await createAsThePageSays(t)
      if (when === 'before') await grant()
      await migrate(ownerUrl)
      if (when === 'after') await grant()
      await stock(owner, { desk: 1 })
      const [payment, warehouse] = await Promise.all([startFakePayment(t), startFakeWarehouse(t)])
      const parts = { databaseUrl: serviceUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
      const service = await startService(t, parts)
      await eventually('it to be ready', async () => (await fetch(`${service.operations}/readyz`)).ok)
      assert.equal((await fetch(`${service.api}/products`)).status, 200)

      const token = await tokenOf('somebody')
      const placed = await place(service.api, basket('desk'), { key: randomUUID(), token })
      assert.equal(placed.status, 201)
      const order = `${service.api}/orders/${(await bodyOf(placed)).id}`
      const headers = { authorization: `Bearer ${token}`, accept: V2 }
      assert.equal((await fetch(`${order}/cancel`, { method: 'POST', headers })).status, 200)
      await eventually('a worker to give the money back', async () => {
        return (await bodyOf(await fetch(order, { headers }))).payment.status === 'refunded'
      })
      await owner`update idempotency_keys set expires_at = now() - interval '1 day'`
      await eventually('the reaper', async () => (await owner`select from idempotency_keys`).length === 0)
      const isCaredFor = async () => {
        const left = await owner`select from pgboss.queue where monitor_on is null or maintain_on is null`
        return left.length === 0
      }
      // It comes ten seconds after the start.
      await eventually('the care of the queues', isCaredFor, 60_000)
      const refused = service.logs.filter((entry) =>
        /permission denied|must be owner/.test(JSON.stringify(entry)),
      )
      assert.deepEqual(refused, [])
      assert.equal(await service.stop(), 0)
    })
  }

  test('The other reads what a later release adds, and can create, empty and drop nothing', async (t) => {
    const { ownerUrl, owner, serviceUrl, grant } = await createAsThePageSays(t)
    await grant()
    await migrate(ownerUrl)
    const other = connect(t, serviceUrl)
    for (const schema of ['public', 'pgboss']) {
      await owner.unsafe(`create table ${schema}.added (id int generated always as identity, note text)`)
      await other.unsafe(`insert into ${schema}.added (note) values ('seen')`)
      assert.equal((await other.unsafe(`select from ${schema}.added`)).length, 1)
    }
    const forbidden = [
      'create table public.mine ()',
      'create table pgboss.mine ()',
      'create schema mine',
      'alter table orders add column mine text',
      'truncate orders',
      'drop table orders',
      'drop function enqueue_jobs',
    ]
    for (const statement of forbidden) {
      await assert.rejects(other.unsafe(statement), (error) => {
        return error instanceof postgres.PostgresError && error.code === '42501'
      })
    }
  })
})
