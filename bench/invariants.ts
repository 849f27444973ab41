import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { PRODUCTS, STOCK } from './database.ts'

/** What a run left behind. Money in minor units. */
interface Left {
  unfinished: number
  paid: number
  paidAmount: number
  queued: number
  sold: number
  stock: number
  lowest: number
}

/** What stood there before a run, and is none of its business. */
export interface Before {
  /** The UUID of the newest order; those of a run are newer. */
  newest: string
  stock: number
}

const EMPTY_SHOP: Before = { newest: '00000000-0000-0000-0000-000000000000', stock: PRODUCTS * STOCK }

interface Charged {
  charges: number
  orders: number
  amount: number
  refunds: number
  refundedAmount: number
}

const SETTLE_TIMEOUT_MS = 10_000

/**
 * A figure counts only if nothing was lost on the way: the stock that is gone is what the orders hold, every paid
 * order was charged once with its total, and nothing else was charged.
 *
 * @param least the orders that somebody was told of
 * @param paymentUrl left out where nobody charges
 * @param before what the run began with, from `lookBefore`; the empty shop if left out
 * @returns how many orders there are, and how many of them wait for their charge in the queue
 * @throws Error with both sides of the first equation that does not hold
 */
export async function checkOrders(
  databaseUrl: string,
  least: number,
  paymentUrl?: string,
  before: Before = EMPTY_SHOP,
): Promise<{ orders: number; queued: number }> {
  const sql = connect(databaseUrl)
  try {
    const left = await settled(sql, before.newest)
    const orders = left.paid + left.queued
    equal('orders that never came to an end', left.unfinished, 0)
    equal('stock that is left', left.stock, before.stock - left.sold)
    if (left.lowest < 0) throw new Error(`a product was sold below zero: ${left.lowest}`)
    if (orders < least) throw new Error(`${least} orders were confirmed, ${orders} are there`)
    if (paymentUrl !== undefined) {
      const charged = await totalsOf(paymentUrl)
      equal('orders charged', charged.orders, left.paid)
      equal('charges', charged.charges, left.paid)
      equal('amount charged', charged.amount, left.paidAmount)
    }
    return { orders, queued: left.queued }
  } finally {
    await sql.end()
  }
}

/** What stands in a shop that a run does not begin empty. */
export async function lookBefore(databaseUrl: string): Promise<Before> {
  const sql = connect(databaseUrl)
  try {
    const [before] = await sql<[Before]>`
      select (select id from orders order by id desc limit 1) as newest, (select sum(stock) from products) as stock`
    return before
  } finally {
    await sql.end()
  }
}

const connect = (databaseUrl: string) =>
  postgres(databaseUrl, {
    max: 1,
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  })

async function settled(sql: ReturnType<typeof connect>, after: string): Promise<Left> {
  const giveUpAt = performance.now() + SETTLE_TIMEOUT_MS
  for (;;) {
    const [left] = await sql<[Left]>`
      select count(*) filter (where status not in ('paid', 'payment_pending')) as unfinished,
             count(*) filter (where status = 'paid') as paid,
             coalesce(sum(total) filter (where status = 'paid'), 0)::bigint as "paidAmount",
             count(*) filter (where status = 'payment_pending') as queued,
             (select coalesce(sum(quantity), 0)::bigint from order_lines where order_id > ${after}) as sold,
             (select sum(stock) from products) as stock,
             (select min(stock) from products) as lowest
      from orders where id > ${after}`
    if (left.unfinished === 0 || performance.now() > giveUpAt) return left
    await pause(50)
  }
}

/** What the payment service has done, as it sees it. */
export async function totalsOf(paymentUrl: string): Promise<Charged> {
  return (await (await fetch(`${paymentUrl}/totals`)).json()) as Charged
}

/** @throws Error with both sides */
export function equal(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${what}: ${found}, expected ${expected}`)
}
