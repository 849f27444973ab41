import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase as openDatabase } from '#plugins/database.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'

test('A key older than its time is as new, also before it is reaped', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const payment = await startFakePayment(t)
  const warehouse = await startFakeWarehouse(t)
  const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
  const { api } = await startService(t, parts, { IDEMPOTENCY_TTL_SECONDS: '1' })
  await stock(sql, { desk: 10 })
  const token = await tokenOf('ada')
  const first = await bodyOf(await place(api, basket('desk'), { key: 'old', token }))
  const second = await eventually('a second order', async () => {
    const order = await bodyOf(await place(api, basket('desk'), { key: 'old', token }))
    return order.id !== first.id && order
  })
  assert.equal(payment.taken(first.id), 1)
  assert.equal(payment.taken(second.id), 1)
})

test('Only keys that are over and answered are reaped', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const database = openDatabase({ url: databaseUrl, poolSize: 2 })
  t.after(() => database.close())
  const store = createOrderStore(database, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })
  const fingerprint = Buffer.alloc(32)
  const rows = [
    { key: 'over', expires: '-1 second', status: 201 },
    { key: 'over, but in flight', expires: '-1 second', status: null },
    { key: 'remembered', expires: '1 hour', status: 201 },
  ]
  for (const { key, expires, status } of rows) {
    const [body, headers] = status === null ? [null, null] : ['{}', sql.json({})]
    await sql`
      insert into idempotency_keys
        (principal, route, key, fingerprint, order_id, request, response_status, response_body, response_headers, expires_at)
      values ('ada', 'POST /orders', ${key}, ${fingerprint}, gen_random_uuid(), '{}', ${status}, ${body}, ${headers},
        now() + ${expires}::interval)
    `
  }
  assert.equal(await store.reapKeys(), 1)
  const left = await sql<{ key: string }[]>`select key from idempotency_keys order by key`
  assert.deepEqual(
    left.map(({ key }) => key),
    ['over, but in flight', 'remembered'],
  )
})
