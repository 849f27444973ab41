import type { Sql } from 'postgres'
import { createDatabase as createPool } from '#plugins/database.ts'
import { newOrderId } from '#src/orders/order-id.ts'
import type { Placement } from '#src/orders/placement.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { createDatabase, type Lifetime } from '../support/postgres.ts'
import { connect, stock } from '../support/shop.ts'

/** The orders of a shop with ten desks and leases of 15 seconds, closed with the test or the suite. */
export async function openStore(lifetime: Lifetime) {
  const url = await createDatabase(lifetime)
  const sql = connect(lifetime, url)
  const pool = createPool({ url, poolSize: 2 })
  lifetime.after(() => pool.close())
  const store = createOrderStore(pool, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 60 })
  await stock(sql, { desk: 10 })
  return { sql, store }
}

/** As when it was opened. */
export async function emptyStore(sql: Sql): Promise<void> {
  await sql`truncate orders, orders_in_flight, idempotency_keys, users, pgboss.job`
  await sql`update products set stock = 10, revision = 1`
}

/** Somebody's order of two desks; for the same key the same body under another id. */
export const placement = (key: string): Placement => ({
  orderId: newOrderId(),
  principal: { id: 'somebody', name: null, email: null },
  key,
  fingerprint: Buffer.alloc(32),
  format: { version: 2, mediaType: 'application/json', requestId: 'somebody' },
  request: { items: [{ productId: 'desk', quantity: 2 }], paymentToken: 'pm_card_visa' },
})
