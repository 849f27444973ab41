import { randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'

export interface Item {
  productId: string
  quantity: number
}

export interface PlacedOrder {
  id: string
  total: number
  lines: (Item & { name: string; unitPrice: number })[]
}

export interface KeyOwner {
  userId: string
  key: string
}

/** What a key was answered before; without a status it is in flight. */
export async function findAnswer(pool: Pool, { userId, key }: KeyOwner) {
  const { rows } = await pool.query<{ hash: string; status: number | null; body: unknown }>(
    `select request_hash as hash, status_code as status, response_body as body
     from idempotency_keys where user_id = $1 and key = $2`,
    [userId, key],
  )
  return rows[0]
}

/**
 * Statements are sent as most send them, text and values, unnamed: PostgreSQL parses each again. A name for each would
 * spare it that. The lock on the product comes before the update, because the error has to say how many are left.
 *
 * @returns undefined when there is not enough of something
 */
export async function place(
  client: PoolClient,
  { userId, key }: KeyOwner,
  hash: string,
  items: Item[],
): Promise<PlacedOrder | undefined> {
  await client.query('insert into idempotency_keys (user_id, key, request_hash) values ($1, $2, $3)', [
    userId,
    key,
    hash,
  ])
  const order: PlacedOrder = { id: randomUUID(), total: 0, lines: [] }
  for (const { productId, quantity } of items) {
    const { rows } = await client.query<{ name: string; price: number; stock: number }>(
      'select name, price, stock from products where id = $1 for update',
      [productId],
    )
    const product = rows[0]
    if (product === undefined || product.stock < quantity) return undefined
    await client.query('update products set stock = stock - $2 where id = $1', [productId, quantity])
    order.lines.push({ productId, quantity, name: product.name, unitPrice: product.price })
    order.total += product.price * quantity
  }
  await client.query(`insert into orders (id, user_id, status, total) values ($1, $2, 'pending', $3)`, [
    order.id,
    userId,
    order.total,
  ])
  for (const { productId, quantity, unitPrice } of order.lines) {
    await client.query(
      'insert into order_lines (order_id, product_id, quantity, unit_price) values ($1, $2, $3, $4)',
      [order.id, productId, quantity, unitPrice],
    )
  }
  return order
}

/** @returns the answer that it has kept with the key */
export async function settle(
  client: PoolClient,
  { userId, key }: KeyOwner,
  order: PlacedOrder,
  reference: string,
) {
  const answer = {
    id: order.id,
    status: 'paid',
    total: order.total,
    items: order.lines,
    payment: { reference },
  }
  await client.query(
    `update orders set status = 'paid', payment_reference = $2, updated_at = now() where id = $1`,
    [order.id, reference],
  )
  await client.query(`insert into mails (order_id, kind) values ($1, 'order-paid')`, [order.id])
  await client.query(
    'update idempotency_keys set status_code = 201, response_body = $3 where user_id = $1 and key = $2',
    [userId, key, JSON.stringify(answer)],
  )
  return answer
}

/** Rolls back when `work` throws, or returns undefined. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query(result === undefined ? 'rollback' : 'commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}
