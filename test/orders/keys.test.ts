import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase as openDatabase } from '#plugins/database.ts'
import { createOrderStore, REAPED_AT_ONCE } from '#src/orders/store.ts'
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
    const answer = await place(api, basket('desk'), { key: 'old', token })
    const order = await bodyOf(answer)
    assert.equal(answer.status, 201, JSON.stringify(order))
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

test('Keys are reaped a bounded number at a time, the oldest first, and one that is in use is waited for by nobody', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const database = openDatabase({ url: databaseUrl, poolSize: 2 })
  t.after(() => database.close())
  const store = createOrderStore(database, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })
  await sql`
    insert into idempotency_keys
      (principal, route, key, fingerprint, order_id, request, response_status, response_body, response_headers, expires_at)
    select 'ada', 'POST /orders', n, ${Buffer.alloc(32)}, gen_random_uuid(), '{}', 201, '{}', '{}',
           now() - n * interval '1 second'
    from generate_series(1, ${REAPED_AT_ONCE + 10}) as n`
  await sql.begin(async (held) => {
    await held`select from idempotency_keys where key = '1' for update`
    assert.equal(await store.reapKeys(), REAPED_AT_ONCE)
    const [left] = await sql`select max(key::int) as youngest, count(*)::int as keys from idempotency_keys`
    assert.deepEqual(left, { youngest: 10, keys: 10 })
    assert.equal(await store.reapKeys(), 9)
  })
  assert.equal(await store.reapKeys(), 1)
})
