import { type Bench, type Row, withScope } from '../bench.ts'
import type { Figure } from '../contest.ts'
import { type DatabaseServer, PRODUCTS } from '../database.ts'
import { measureLoad, requestText, UNIQUE } from '../load.ts'
import { findPgbench, NO_PGBENCH } from '../pgbench.ts'
import { startDependencies } from '../service.ts'
import { measureOrders, measureStatements } from './order.ts'

/** How long one client waits when nobody else is there, against the least that an order could take. */
export const orderAloneRow = (database: DatabaseServer): Row => ({
  name: 'order-alone',
  async prepare(bench) {
    const program = await findPgbench()
    if (program === undefined) return NO_PGBENCH
    return {
      title: 'POST /orders, one client alone',
      target: '≤ 1.6 times the time',
      // The mean time, which one client shows as a rate, and which adds up where medians do not.
      ratioOf: (ours, peer) => peer.perSecond / ours.perSecond,
      ours: { name: 'the service', measure: () => measureOrders(bench, database, 1, PRODUCTS) },
      peer: {
        name: 'two statements in pgbench, and one call to the payment service',
        measure: async () =>
          inTurn(
            await measureStatements(bench, database, { program, clients: 1, products: PRODUCTS }),
            await measureCharges(bench),
          ),
      },
    }
  },
})

/** One call after another, from a client that does nothing else. */
function measureCharges(bench: Bench): Promise<Figure> {
  return withScope(bench, async (scope) => {
    const payment = await startDependencies(scope)
    const form = new URLSearchParams({
      amount: '1007',
      currency: 'usd',
      payment_method: 'pm_card_visa',
      confirm: 'true',
      'metadata[order_id]': 'ord_01h455vb4pex5vsknk084sn02q',
    })
    const headers = {
      authorization: 'Bearer sk_test_bench',
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': `order:${UNIQUE}:charge`,
    }
    const request = requestText(payment.url, '/v1/payment_intents', headers, {
      method: 'POST',
      text: form.toString(),
    })
    return await measureLoad(scope, payment, { clients: 1, requests: [request] }, 200)
  })
}

/** One after the other: their times add up. The sum of two p99 is more than the p99 of the sum. */
function inTurn(first: Figure, second: Figure): Figure {
  return {
    perSecond: 1 / (1 / first.perSecond + 1 / second.perSecond),
    p50: first.p50 + second.p50,
    p99: first.p99 + second.p99,
  }
}
