import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { PRODUCTS, STOCK } from '../database.ts'
import { equal, totalsOf } from '../invariants.ts'

/** What a soak left behind. Money in minor units. */
interface Left {
  orders: number
  /** Jobs that wait or are under way, and orders that are not where orders end. */
  unfinished: number
  dead: number
  captured: number
  capturedAmount: number
  refunded: number
  refundedAmount: number
  sold: number
  stock: number
  lowest: number
}

/** What follows from an order (mail, refunds, the warehouse) may take as long, as long as it goes on. */
const STANDSTILL_MS = 60_000

/**
 * Waits until the service has worked off what it was left with, then looks whether anything was lost on the way: no
 * job is dead; the stock that is gone is what the paid orders hold; every order that was ever paid was charged once,
 * with its total, and every one that was called off was refunded once; nothing else was charged.
 *
 * @param placed the orders that somebody was told of
 * @throws Error with both sides of the first equation that does not hold
 */
export async function checkSoak(databaseUrl: string, paymentUrl: string, placed: number): Promise<void> {
  const types = { bigint: { to: 20, from: [20], serialize: String, parse: Number } }
  const sql = postgres(databaseUrl, { max: 1, types })
  try {
    const left = await settled(sql)
    const charged = await totalsOf(paymentUrl)
    equal('jobs and orders that never came to an end', left.unfinished, 0)
    equal('dead letters', left.dead, 0)
    equal('orders', left.orders, placed)
    equal('stock that is left', left.stock, PRODUCTS * STOCK - left.sold)
    if (left.lowest < 0) throw new Error(`a product was sold below zero: ${left.lowest}`)
    equal('charges', charged.charges, left.captured)
    equal('orders charged', charged.orders, left.captured)
    equal('amount charged', charged.amount, left.capturedAmount)
    equal('refunds', charged.refunds, left.refunded)
    equal('amount refunded', charged.refundedAmount, left.refundedAmount)
  } finally {
    await sql.end()
  }
}

async function settled(sql: postgres.Sql<{ bigint: number }>): Promise<Left> {
  let fewest = Number.POSITIVE_INFINITY
  let giveUpAt = performance.now() + STANDSTILL_MS
  for (;;) {
    const [left] = await sql<[Left]>`
      select count(*) as orders,
             count(*) filter (where status in ('pending', 'payment_pending')
                                 or payment_status in ('pending', 'refund_pending'))
               + (select count(*) from pgboss.job
                  where state in ('created', 'retry', 'active') and name not like '%-dead')
               + (select count(*) from orders_in_flight) as unfinished,
             (select count(*) from pgboss.job where state = 'created' and name like '%-dead') as dead,
             count(*) filter (where payment_status in ('captured', 'refunded')) as captured,
             coalesce(sum(total) filter (where payment_status in ('captured', 'refunded')), 0)::bigint
               as "capturedAmount",
             count(*) filter (where payment_status = 'refunded') as refunded,
             coalesce(sum(total) filter (where payment_status = 'refunded'), 0)::bigint as "refundedAmount",
             (select coalesce(sum(quantity), 0)::bigint from order_lines join orders on orders.id = order_id
              where status = 'paid') as sold,
             (select sum(stock) from products) as stock,
             (select min(stock) from products) as lowest
      from orders`
    if (left.unfinished < fewest) giveUpAt = performance.now() + STANDSTILL_MS
    fewest = Math.min(fewest, left.unfinished)
    if (left.unfinished === 0 || performance.now() > giveUpAt) return left
    await pause(500)
  }
}
