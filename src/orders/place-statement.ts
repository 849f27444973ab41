import { isOutOfTime, isUnavailable } from '#plugins/database/unavailable.ts'
import type { Database } from '#plugins/database.ts'
import { naturalBatching } from '../natural-batching.ts'
import { fromUuid, toUuid } from './order-id.ts'
import { type OrderRow, toOrder } from './order-row.ts'
import {
  type AnswerFormat,
  type OrderItem,
  type Placement,
  type PlacementOutcome,
  type ShortItem,
  type StoredResponse,
  sumLines,
} from './placement.ts'

/** The route that idempotency keys of placed orders belong to. */
export const PLACE_ORDER_ROUTE = 'POST /orders'

/** Measured: past this many, a longer list costs each order as much as the next statement would. */
const MOST_AT_ONCE = 100

export interface PlaceStatementOptions {
  currency: string
  leaseSeconds: number
  idempotencyTtlSeconds: number
}

type OutcomeRow = { position: number } & (
  | { outcome: 'placed'; detail: OrderRow }
  | {
      outcome: 'resumed' | 'in-flight'
      detail: OrderRow & { request: AnswerFormat; lease_seconds_left: number }
    }
  | { outcome: 'replay'; detail: StoredResponse }
  | { outcome: 'reused'; detail: null }
  | { outcome: 'unknown-product'; detail: { lines: number[] } }
  | { outcome: 'insufficient-stock'; detail: { items: ShortItem[] } }
)

/**
 * Places orders, each with an outcome of its own; what arrives while a statement is under way goes with the next.
 * Safe to send twice: an attempt is known by its order id, and the second time finds the first.
 *
 * @throws DatabaseUnavailable (503): the order may or may not be placed, and the same key finds out
 */
export function createPlaceStatement(database: Database, options: PlaceStatementOptions) {
  const place: (placement: Placement) => Promise<PlacementOutcome | 'again'> = naturalBatching({
    most: MOST_AT_ONCE,
    concernsAll: isUnavailable,
    held: { isWhy: isOutOfTime, needs: ({ request }) => request.items.map(({ productId }) => productId) },
    async send(placements: Placement[]) {
      const requests = placements.map(toRequest)
      const rows = await database.query(
        (sql) => sql<OutcomeRow[]>`
          select request_position as position, outcome, detail
          from place_orders(${sql.json(requests)}, ${options.currency},
            ${options.leaseSeconds}, ${options.idempotencyTtlSeconds})
        `,
      )
      const outcomes = new Map(rows.map((row) => [row.position, row]))
      return placements.map((placement, position) => {
        const row = outcomes.get(position)
        // Its key was claimed by another of the same list and given back: that one's refusal may not be this one's.
        return row === undefined ? 'again' : toOutcome(row, placement)
      })
    },
  })

  return async (placement: Placement): Promise<PlacementOutcome> => {
    for (;;) {
      const outcome = await place(placement)
      if (outcome !== 'again') return outcome
    }
  }
}

function toRequest(
  { orderId, principal, key, fingerprint, format, traceparent, request }: Placement,
  position: number,
) {
  return {
    position,
    orderId: toUuid(orderId),
    principal: principal.id,
    userName: principal.name,
    userEmail: principal.email,
    route: PLACE_ORDER_ROUTE,
    key,
    fingerprint: fingerprint.toString('hex'),
    request: { ...format },
    lines: sumLines(request.items).map((line: OrderItem) => ({ ...line })),
    paymentToken: request.paymentToken,
    // Absent, not null: a JSON null would be kept as a value.
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(request.shippingAddress === undefined ? {} : { shippingAddress: { ...request.shippingAddress } }),
    ...(request.note === undefined ? {} : { note: request.note }),
    ...(request.metadata === undefined ? {} : { metadata: request.metadata }),
  }
}

function toOutcome(row: OutcomeRow, placement: Placement): PlacementOutcome {
  switch (row.outcome) {
    case 'placed':
      return { outcome: 'placed', order: toOrder(row.detail) }
    case 'resumed':
      return { outcome: 'resumed', order: toOrder(row.detail), format: row.detail.request }
    case 'in-flight':
      return {
        outcome: 'in-flight',
        orderId: fromUuid(row.detail.id),
        leaseSecondsLeft: row.detail.lease_seconds_left,
      }
    case 'replay':
      return { outcome: 'replay', response: row.detail }
    case 'reused':
      return { outcome: 'reused' }
    case 'insufficient-stock':
      return { outcome: 'insufficient-stock', items: row.detail.items }
    case 'unknown-product': {
      const lines = sumLines(placement.request.items)
      const productIds = row.detail.lines.flatMap((index) => lines[index]?.productId ?? [])
      return { outcome: 'unknown-product', productIds }
    }
  }
}
