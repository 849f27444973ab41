import { randomUUID } from 'node:crypto'
import { isUnavailable } from '#plugins/database/unavailable.ts'
import type { Database } from '#plugins/database.ts'
import { equalJson } from '#plugins/json-patch.ts'
import { naturalBatching } from '../natural-batching.ts'
import { createAbandonedStatement } from './abandoned-statement.ts'
import { createChargeStore } from './charge-store.ts'
import { createMoveStatement } from './move-statement.ts'
import type { Order, OrderStatus } from './order.ts'
import { fromUuid, toUuid } from './order-id.ts'
import { type OrderRow, toOrder } from './order-row.ts'
import { createPlaceStatement, PLACE_ORDER_ROUTE, type PlaceStatementOptions } from './place-statement.ts'
import type { AnswerFormat, StoredResponse } from './placement.ts'

export type OrderStore = ReturnType<typeof createOrderStore>

/** A page of somebody's orders. */
export interface OrderPage {
  principal: string
  /** Only orders in this state. */
  status?: OrderStatus
  /** Only orders older than this one: where the last page ended. */
  before?: string
  limit: number
}

/** An order by its idempotency key, which may have become another's since. */
export interface KeyedOrder {
  principal: string
  key: string
  orderId: string
}

/** Some ten milliseconds of work. */
export const REAPED_AT_ONCE = 1_000

/** Every statement about orders. Each is safe to send twice. */
export function createOrderStore(database: Database, options: PlaceStatementOptions) {
  const readById = naturalBatching<string, { order: Order | null }>({
    most: 200,
    concernsAll: isUnavailable,
    async send(ids) {
      const rows = await database.query(
        (sql) => sql<{ row: OrderRow }[]>`
          select to_jsonb(orders) as row from orders where id = any (${ids.map(toUuid)}::uuid[])
        `,
      )
      const orders = new Map(rows.map(({ row }) => [fromUuid(row.id), toOrder(row)]))
      return ids.map((id) => ({ order: orders.get(id) ?? null }))
    },
  })

  const readResponse = naturalBatching<KeyedOrder, { response: StoredResponse | null }>({
    most: 200,
    concernsAll: isUnavailable,
    async send(asked) {
      const rows = await database.query(
        (sql) => sql<{ order_id: string; response: StoredResponse }[]>`
          select order_id, jsonb_build_object(
            'status', response_status, 'headers', response_headers, 'body', response_body) as response
          from idempotency_keys
          where route = ${PLACE_ORDER_ROUTE} and response_status is not null and (principal, key) in (
            select * from unnest(${asked.map((one) => one.principal)}::text[], ${asked.map((one) => one.key)}::text[])
          )
        `,
      )
      const responses = new Map(rows.map(({ order_id, response }) => [fromUuid(order_id), response]))
      return asked.map(({ orderId }) => ({ response: responses.get(orderId) ?? null }))
    },
  })

  return {
    place: createPlaceStatement(database, options),
    move: createMoveStatement(database),
    queueAbandoned: createAbandonedStatement(database, options),
    ...createChargeStore(database),

    /** An order, or null. What several callers ask at once is read at once. */
    async find(orderId: string): Promise<Order | null> {
      return (await readById(orderId)).order
    },

    /** The same by the UUID that jobs carry. */
    findByUuid: async (uuid: string): Promise<Order | null> => (await readById(fromUuid(uuid))).order,

    /**
     * Whether the warehouse did not say in time whether it holds an order's goods, so that a job had to ask again; for the
     * day that finished jobs are kept, long after any reservation can come about.
     */
    async wasReservedLate(orderUuid: string): Promise<boolean> {
      const [job] = await database.query(
        (sql) => sql`select from pgboss.job where name = 'reserve-stock' and id = ${orderUuid}`,
      )
      return job !== undefined
    },

    /** Newest first. */
    async list({ principal, status, before, limit }: OrderPage): Promise<Order[]> {
      const rows = await database.query(
        (sql) => sql<{ row: OrderRow }[]>`
          select to_jsonb(orders) as row from orders
          where principal = ${principal}
            ${status === undefined ? sql`` : sql`and status = ${status}`}
            ${before === undefined ? sql`` : sql`and id < ${toUuid(before)}`}
          order by id desc
          limit ${limit}
        `,
      )
      return rows.map(({ row }) => toOrder(row))
    },

    /** The answer kept with an order's key, or null while the order is in flight. */
    findResponse: async (asked: KeyedOrder): Promise<StoredResponse | null> =>
      (await readResponse(asked)).response,

    /**
     * Takes over an order whose lease has ended, for whoever finishes what a dead process left. Sent again because the
     * reply was lost, it finds its own mark, and holds what it holds.
     *
     * @returns null when there is nothing to take over: it is settled, or somebody's lease is running
     */
    async takeOver(orderUuid: string): Promise<{ order: Order; format: AnswerFormat } | null> {
      const mark = randomUUID()
      const [row] = await database.query(
        (sql) => sql<{ row: OrderRow; request: AnswerFormat }[]>`
          with taken as (
            update orders
            set lease_generation = lease_generation + (lease_holder is distinct from ${mark}::uuid)::integer,
                lease_until = now() + ${options.leaseSeconds} * interval '1 second', lease_holder = ${mark}::uuid
            where id = ${orderUuid} and status = 'pending'
              and (lease_has_ended(lease_until, ${options.leaseSeconds} * interval '1 second')
                   or lease_holder = ${mark}::uuid)
            returning *
          )
          select to_jsonb(taken) as row, known.request
          from taken
          join idempotency_keys known on known.principal = taken.principal
           and known.route = ${PLACE_ORDER_ROUTE} and known.key = taken.idempotency_key
        `,
      )
      return row === undefined ? null : { order: toOrder(row.row), format: row.request }
    },

    /**
     * Forgets keys whose time is over, the oldest first, a bounded number at a time so that nobody waits for it.
     *
     * @returns how many were forgotten; fewer than the bound: there are no more
     */
    async reapKeys(): Promise<number> {
      const reaped = await database.query(
        (sql) => sql`
          delete from idempotency_keys where (principal, route, key) in (
            select principal, route, key from idempotency_keys
            where expires_at <= now() and response_status is not null
            order by expires_at limit ${REAPED_AT_ONCE} for update skip locked
          )
        `,
      )
      return reaped.count
    },

    /**
     * Writes an order's note, address and metadata, if what stands is the revision before it.
     *
     * @returns the order as it stands then; null when somebody else changed it first
     */
    async changeDetails(order: Order): Promise<Order | null> {
      let sent = 0
      const [row] = await database.query((sql) => {
        sent += 1
        return sql<{ row: OrderRow }[]>`
          update orders
          set note = ${order.note}, metadata = ${sql.json(order.metadata)},
              shipping_address = ${order.shippingAddress && sql.json({ ...order.shippingAddress })},
              revision = revision + 1, updated_at = ${order.updatedAt}
          where id = ${toUuid(order.id)} and revision = ${order.revision - 1}
          returning to_jsonb(orders) as row
        `
      })
      if (row !== undefined) return toOrder(row.row)
      // Sent again because the first reply was lost: then it may have been the first that it came too late for.
      const { order: current } = sent > 1 ? await readById(order.id) : { order: null }
      return current !== null && isSameChange(current, order) ? current : null
    },
  }
}

function isSameChange(current: Order, wanted: Order): boolean {
  return (
    current.revision === wanted.revision &&
    current.updatedAt.getTime() === wanted.updatedAt.getTime() &&
    current.note === wanted.note &&
    equalJson([current.shippingAddress, current.metadata], [wanted.shippingAddress, wanted.metadata])
  )
}
