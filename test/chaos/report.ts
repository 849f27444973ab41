import { fromUuid, toUuid } from '#src/orders/order-id.ts'
import type { Violation } from './invariants.ts'
import type { StormResult } from './storm.ts'

/** Past this many, more of the same tells nothing. */
const MOST = 10

/** The verdict in words; of each broken invariant the order, its jobs, its history, and the seed to blow again. */
export async function report(seed: number, { violations, scene, counts }: StormResult): Promise<string> {
  const summary = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  const errors = [...scene.fleet.errors()].map(([what, count]) => `  ${count} × ${what}`)
  const parts = [
    `seed ${seed}: ${summary.join(', ')}`,
    ...(errors.length > 0 ? ['logged as errors:', ...errors] : []),
  ]
  for (const violation of violations.slice(0, MOST)) parts.push(await tell(violation, scene))
  if (violations.length > MOST) parts.push(`… and ${violations.length - MOST} more`)
  parts.push(
    violations.length === 0
      ? `seed ${seed}: nothing was lost, and nothing happened twice`
      : `seed ${seed}: BROKEN, ${violations.length} violations`,
  )
  return parts.join('\n')
}

async function tell({ what, uuid, key, ...rest }: Violation, scene: StormResult['scene']): Promise<string> {
  const orderId = rest.orderId ?? (uuid === undefined ? undefined : fromUuid(uuid))
  const lines = [`\nVIOLATION: ${what}`, `  ${orderId ?? ''} ${key ?? ''}`]
  if (orderId !== undefined) {
    const id = toUuid(orderId)
    const { sql } = scene.database
    const [order] = await sql`select to_jsonb(orders) - 'lines' as row from orders where id = ${id}`
    const jobs = await sql`
      select name, state::text, retry_count, output from pgboss.job where data ->> 'orderId' = ${id}
    `
    lines.push(`  row: ${JSON.stringify(order?.row)}`, ...jobs.map((job) => `  job: ${JSON.stringify(job)}`))
    const owner = order && `${order.row.principal}/${order.row.idempotency_key}`
    lines.push(...scene.journal.history({ orderId, key: key ?? owner }).map((line) => `  ${line}`))
  } else lines.push(...scene.journal.history({ key }).map((line) => `  ${line}`))
  return lines.join('\n')
}
