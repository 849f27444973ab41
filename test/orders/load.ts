import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { assertProblem } from '../support/assert-problem.ts'
import { basket, place, tokenOf } from '../support/shop.ts'

/** The contract's most that a request waits for the database, and the time that a busy machine adds. */
const LONGEST_WAIT_MS = 10_000 + 1_000

export type Load = ReturnType<typeof startLoad>

/** Customers who order one desk after the other, and ask again with the same key until each is answered. */
export function startLoad(api: string, customers: number) {
  let going = true
  const made = new Set<string>()
  let refusals = 0
  let failure: unknown

  async function order(token: string, key: string): Promise<void> {
    for (;;) {
      const startedAt = performance.now()
      const answer = await place(api, basket('desk'), { key, token })
      const took = performance.now() - startedAt
      assert.ok(took < LONGEST_WAIT_MS, `answered after ${took} ms`)
      if (answer.status === 201) {
        made.add(JSON.parse(await answer.text()).id)
        return
      }
      if (answer.status === 409) await assertProblem(answer, { status: 409, slug: 'idempotency-in-progress' })
      else await assertProblem(answer, { status: 503, slug: 'service-unavailable' })
      assert.ok(Number(answer.headers.get('retry-after')) > 0)
      refusals++
      await pause(100)
    }
  }

  const running = Promise.all(
    Array.from({ length: customers }, async (_, customer) => {
      const token = await tokenOf(`customer-${customer}`)
      for (let count = 0; going; count++) {
        await order(token, `order-${count}`)
        await pause(100)
      }
    }),
  )
  running.catch((error: unknown) => {
    failure = error
  })
  // A customer who was answered wrongly has stopped: whoever looks hears of it at once.
  const sound = <T>(value: T): T => {
    if (failure !== undefined) throw failure
    return value
  }
  return {
    refusals: () => sound(refusals),
    made: () => sound(made),
    async end() {
      going = false
      await running
    },
  }
}

/** Every order whole: its key, its stock, and what finishes it, or has finished it; none twice, none lost. */
export async function assertNoHalfOrder(sql: Sql, made: Set<string>, stock: number): Promise<void> {
  const [found] = await sql`
    select
      (select count(*)::int from orders) as orders,
      (select count(*)::int from orders join idempotency_keys known on known.order_id = orders.id) as keys,
      (select count(*)::int from idempotency_keys) as all_keys,
      (select ${stock} - stock from products) as sold,
      (select count(*)::int from orders where not exists (
         select from pgboss.job where job.id = orders.id and job.name = case status
           when 'pending' then 'finish-order' when 'payment_pending' then 'charge-order' else 'send-mail' end
      ) and not exists (
         select from orders_in_flight where order_id = orders.id and status = 'pending'
      )) as without_job,
      (select count(*)::int from orders join idempotency_keys known on known.order_id = orders.id
       where (status = 'pending') <> (response_status is null)) as half_settled
  `
  assert.ok(found !== undefined && made.size > 0)
  const { orders, ...rest } = found
  assert.deepEqual(rest, { keys: orders, all_keys: orders, sold: orders, without_job: 0, half_settled: 0 })
  assert.equal(orders, made.size, 'every key was asked with until it was answered')
}
