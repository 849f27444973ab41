import { isOutOfTime, isUnavailable } from '#plugins/database/unavailable.ts'
import type { Database } from '#plugins/database.ts'
import type { CallContext } from '../dependencies/call-context.ts'
import { naturalBatching } from '../natural-batching.ts'
import type { Move, Order } from './order.ts'
import { toUuid } from './order-id.ts'
import { type OrderRow, toOrder } from './order-row.ts'
import { PLACE_ORDER_ROUTE } from './place-statement.ts'
import type { StoredResponse } from './placement.ts'

export interface MoveRequest {
  move: Move
  /** What the client of the order is answered, now and whenever it asks again; kept in the same statement. */
  response?: StoredResponse
  /** Whose request it is, for the jobs that follow. */
  context: CallContext
}

export interface MoveOutcome {
  /** Whether this statement moved the order. If not, somebody else did, and this is what stands. */
  moved: boolean
  order: Order
  /** What this move kept with the order's idempotency key; of one that somebody else made, what is kept there now. */
  response: StoredResponse | null
}

type MoveRow = { position: number } & (
  | { moved: true }
  | { moved: false; current_order: OrderRow; response: StoredResponse | null }
)

const MOST_AT_ONCE = 100

/**
 * Moves orders from one state to the next, with everything that follows from it, in one statement. Safe to send
 * twice: an order that is no longer where the mover saw it stays as it is.
 *
 * @throws DatabaseUnavailable (503): the move may or may not have happened
 */
export function createMoveStatement(database: Database) {
  return naturalBatching<MoveRequest, MoveOutcome>({
    most: MOST_AT_ONCE,
    concernsAll: isUnavailable,
    held: { isWhy: isOutOfTime, needs: ({ move }) => needsOf(move) },
    async send(requests) {
      const moves = requests.map(toMove)
      const rows = await database.query(
        (sql) => sql<MoveRow[]>`
          select move_position as position, moved, current_order, response
          from move_orders(${sql.json(moves)})
        `,
      )
      const outcomes = new Map(rows.map((row) => [row.position, row]))
      return requests.map(({ move, response = null }, position) => {
        const row = outcomes.get(position)
        if (row === undefined) throw new Error(`order ${move.from.id} is gone`)
        if (row.moved) return { moved: true, order: move.to, response }
        const order = toOrder(row.current_order)
        // Sent twice because the first reply was lost: the second moves nothing, and finds its own work.
        return { moved: isSame(order, move.to), order, response: row.response }
      })
    },
  })
}

/** The products that it brings back, which many others want; and else the order, which hardly anybody does. */
const needsOf = ({ from, restock }: Move) =>
  restock ? from.lines.map(({ productId }) => productId) : [from.id]

function isSame(order: Order, wanted: Order): boolean {
  return (
    order.status === wanted.status &&
    order.revision === wanted.revision &&
    order.payment.reference === wanted.payment.reference &&
    order.updatedAt.getTime() === wanted.updatedAt.getTime()
  )
}

function toMove(
  { move: { from, to, restock, followUps }, response, context }: MoveRequest,
  position: number,
) {
  const orderId = toUuid(from.id)
  return {
    position,
    orderId,
    from: from.status,
    revision: from.revision,
    // Only a pending order is leased; afterwards state and revision decide alone.
    ...(from.status === 'pending' ? { generation: from.leaseGeneration } : {}),
    status: to.status,
    paymentStatus: to.payment.status,
    paymentReference: to.payment.reference,
    declineCode: to.payment.declineCode,
    chargeSent: to.payment.sent,
    keepToken: to.payment.token !== null,
    updatedAt: to.updatedAt.toISOString(),
    restock,
    key: { principal: from.principal, route: PLACE_ORDER_ROUTE, key: from.idempotencyKey },
    ...(response === undefined ? {} : { response: { ...response } }),
    jobs: followUps.map(({ queue, delaySeconds, mail }) => ({
      queue,
      id: orderId,
      data: { orderId, ...requestOf(context), ...(mail === undefined ? {} : { mail }) },
      delaySeconds,
    })),
  }
}

/** What a job is told of the request that called for it. Absent, not null. */
const requestOf = ({ requestId, traceparent }: CallContext) => ({
  requestId,
  ...(traceparent === undefined ? {} : { traceparent }),
})
