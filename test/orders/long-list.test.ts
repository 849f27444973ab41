import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabase as createPool } from '#plugins/database.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, eventually } from '../support/shop.ts'

const OTHERS = 20_000
const TIMES = 10
const LIMIT = 20

/**
 * A plan made for one customer counts on their orders lying anywhere among all others, and then goes through everybody's
 * newer ones to the first of theirs.
 */
test('The list of who once placed half of all orders reads its page, and not what others placed since', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  await sql`
    insert into orders (id, principal, status, payment_status, currency, total, lines, idempotency_key, created_at, updated_at)
    select lpad(to_hex(n), 32, '0')::uuid, case when n <= ${OTHERS} then 'ada' else 'customer-' || n end,
           'paid', 'captured', 'USD', 100, '[]', n, now(), now()
    from generate_series(1, ${2 * OTHERS}::integer) n`
  await sql`vacuum analyze orders`
  await sql`select pg_stat_reset()`
  const pool = createPool({ url: databaseUrl, poolSize: 1 })
  const store = createOrderStore(pool, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })
  // Often enough that the driver's statement has its lasting plan.
  for (let times = 0; times < TIMES; times++) {
    assert.equal((await store.list({ principal: 'ada', limit: LIMIT })).length, LIMIT)
  }
  await pool.close()

  const read = await eventually('the reading to be counted', async () => {
    const [table] = await sql<{ rows: number }[]>`
      select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_user_tables where relname = 'orders'`
    return table !== undefined && table.rows > 0 && table.rows
  })
  assert.ok(read <= 2 * TIMES * LIMIT, `${read} rows for ${TIMES} pages of ${LIMIT}`)
})
