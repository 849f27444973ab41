import { randomUUID } from 'node:crypto'
import type { Database } from '#plugins/database.ts'
import type { Order } from './order.ts'
import { toUuid } from './order-id.ts'
import { type OrderRow, toOrder } from './order-row.ts'

/** A charge that a job is about to send. */
export interface SentCharge {
  order: Order
  /** Whether another may have been sent before, of which only the payment service knows what became. */
  sentBefore: boolean
}

/** What is written down around a queued charge, for those who call the order off. */
export function createChargeStore(database: Database) {
  return {
    /**
     * Notes that a charge is about to be sent, so that whoever comes later asks before assuming. The order's fencing
     * token tells this charge from one that a job takes over whose worker is believed dead; and by its mark a note that
     * is written again, because the reply was lost, is not taken for another's.
     *
     * @returns null when there is nothing to charge any more
     */
    async chargeIsSent(orderUuid: string): Promise<SentCharge | null> {
      const mark = randomUUID()
      const [sent] = await database.query(
        (sql) => sql<{ row: OrderRow; sentBefore: boolean }[]>`
          with before as (
            select id, charge_sent and lease_holder is distinct from ${mark}::uuid as sent_before
            from orders where id = ${orderUuid} and status = 'payment_pending' for update
          )
          update orders
          set charge_sent = true, lease_generation = lease_generation + 1,
              lease_holder = case when not before.sent_before then ${mark}::uuid end
          from before where orders.id = before.id
          returning to_jsonb(orders) as row, before.sent_before as "sentBefore"
        `,
      )
      return sent === undefined ? null : { order: toOrder(sent.row), sentBefore: sent.sentBefore }
    },

    /**
     * Takes that back when it is known that nothing was charged. Not where another charge was sent since, nor where
     * the order was called off: then the payment service is being asked already.
     */
    async nothingWasCharged({ order, sentBefore }: SentCharge): Promise<void> {
      if (sentBefore) return
      await database.query(
        (sql) => sql`
          update orders set charge_sent = false
          where id = ${toUuid(order.id)} and status = 'payment_pending'
            and lease_generation = ${order.leaseGeneration}
        `,
      )
    },
  }
}
