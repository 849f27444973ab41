import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { deadLetterQueue, type QueueName } from '#src/jobs/queues.ts'

export interface Burial {
  queue?: QueueName
  /** Microseconds included. */
  at?: string
  data?: Record<string, unknown>
  output?: Record<string, unknown>
}

/** A dead letter as pg-boss makes it of a job that failed for good. Returns its id. */
export async function bury(sql: Sql, burial: Burial = {}): Promise<string> {
  const { queue = 'charge-order', at = new Date().toISOString(), data = {}, output = {} } = burial
  const [row] = await sql<[{ id: string }]>`
    insert into pgboss.job (name, data, created_on, source_name, source_id, source_retry_count, source_output)
    values (${deadLetterQueue(queue)}, ${JSON.stringify(data)}::text::jsonb, ${at}::text::timestamptz, ${queue}, ${randomUUID()}, 14,
            ${JSON.stringify(output)}::text::jsonb)
    returning id
  `
  return row.id
}
