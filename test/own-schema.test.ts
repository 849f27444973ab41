import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { migrate } from '#src/database/migrate.ts'
import { startFakePayment, startFakeWarehouse } from './support/fake-dependencies.ts'
import { createEmptyDatabase } from './support/postgres.ts'
import { startService } from './support/service.ts'
import { basket, connect, eventually, place, stock, tokenOf } from './support/shop.ts'
import { databaseUrl, execute } from './support/statement.ts'

describe('A shop in a schema of its own is migrated, ready, and sells', () => {
  const ways: Array<[how: string, choose: (url: string) => Promise<string>]> = [
    [
      'that the database sets',
      async (url) => {
        const name = new URL(url).pathname.slice(1)
        await execute(databaseUrl(url, 'postgres'), `alter database ${name} set search_path = "The Shop"`)
        return url
      },
    ],
    ['that its URL names', async (url) => `${url}?search_path=%22The%20Shop%22`],
  ]
  for (const [how, choose] of ways) {
    test(how, async (t) => {
      const empty = await createEmptyDatabase(t)
      await execute(empty, 'create schema "The Shop"; drop schema public')
      const url = await choose(empty)
      assert.notDeepEqual(await migrate(url), [])
      assert.deepEqual(await migrate(url), [])

      const [payment, warehouse] = await Promise.all([startFakePayment(t), startFakeWarehouse(t)])
      const parts = { databaseUrl: url, paymentUrl: payment.url, inventoryUrl: warehouse.url }
      const { api } = await startService(t, parts)
      const sql = connect(t, url)
      await stock(sql, { desk: 1 })
      await eventually('it to be ready', async () => (await fetch(`${api}/readyz`)).ok)
      const order = { key: randomUUID(), token: await tokenOf('ann') }
      assert.equal((await place(api, basket('desk'), order)).status, 201)
      const [{ orders } = {}] = await sql`select count(*)::int as orders from "The Shop".orders`
      assert.equal(orders, 1)
    })
  }
})
