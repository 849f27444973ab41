import type { Database } from '#plugins/database.ts'
import { ORDER_STATUSES, type OrderStatus } from './order.ts'

export type OrdersByStatus = Record<OrderStatus, number>

export const noOrders = (): OrdersByStatus => ({
  pending: 0,
  paid: 0,
  payment_pending: 0,
  payment_failed: 0,
  cancelled: 0,
})

/** The statement about all orders at once, for those who watch. */
export function createStatusStore(database: Database) {
  return {
    /**
     * How many orders are in each state. It reads every order there is, so whoever asks often has to share answers.
     *
     * @throws DatabaseUnavailable, also when there are too many to be counted in the time of a statement
     */
    async count(): Promise<OrdersByStatus> {
      const rows = await database.query(
        (sql) => sql<{ status: string; orders: number }[]>`
          select status, count(*)::float8 as orders from orders group by status
        `,
      )
      const counts = noOrders()
      for (const status of ORDER_STATUSES) {
        counts[status] = rows.find((row) => row.status === status)?.orders ?? 0
      }
      return counts
    },
  }
}
