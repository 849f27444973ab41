import { setTimeout as pause } from 'node:timers/promises'
import { QUEUES } from '#src/jobs/queues.ts'
import type { Violation } from './invariants.ts'
import type { Scene } from './scene.ts'

const PATIENCE_MS = 60_000

/**
 * Fair weather from here on, until nothing moves any more. Waiting jobs are due at once, as if the time until
 * then had passed: backoff is not what is tested here.
 *
 * @returns what would not come to rest
 */
export async function untilQuiet({ faults, database: { sql } }: Scene): Promise<Violation[]> {
  for (const one of Object.values(faults)) one.set(0)
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const restless = await look()
    if (restless.length === 0) return []
    if (performance.now() > giveUpAt) return restless
    await pause(250)
  }

  async function look(): Promise<Violation[]> {
    await sql`update pgboss.job set start_after = now()
      where name = any (${[...QUEUES]}::text[]) and state in ('created', 'retry') and start_after > now()`
    const jobs = await sql<{ id: string; name: string; state: string; data: { orderId: string } }[]>`
      select id, name, state::text, data from pgboss.job
      where name = any (${[...QUEUES]}::text[]) and state in ('created', 'retry', 'active')
    `
    const orders = await sql<{ uuid: string; status: string; payment_status: string }[]>`
      select id as uuid, status, payment_status from orders
      where status in ('pending', 'payment_pending') or payment_status in ('pending', 'refund_pending')
    `
    const inFlight = await sql<{ uuid: string }[]>`select order_id as uuid from orders_in_flight`
    return [
      ...jobs.map(({ name, state, data }) => ({
        what: `a job of ${name} is still ${state} after ${PATIENCE_MS} ms of quiet`,
        uuid: data.orderId,
      })),
      ...inFlight.map(({ uuid }) => ({ what: `still in flight after ${PATIENCE_MS} ms of quiet`, uuid })),
      ...orders.map(({ uuid, status, payment_status }) => ({
        what: `still ${status}, its payment ${payment_status}, after ${PATIENCE_MS} ms of quiet`,
        uuid,
      })),
    ]
  }
}
