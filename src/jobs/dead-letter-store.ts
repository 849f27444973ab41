import { randomUUID } from 'node:crypto'
import type { Database } from '#plugins/database.ts'
import { type DeadLetter, type DeadLetterRow, toDeadLetter } from './dead-letter.ts'
import { deadLetterQueue, QUEUES, type QueueName } from './queues.ts'

export type DeadLetterStore = ReturnType<typeof createDeadLetterStore>

/** A page of dead letters, newest first. */
export interface DeadLetterPage {
  /** Only of this queue. */
  queue: QueueName | undefined
  /** Only those that come after this one. */
  after: DeadLetterPosition | undefined
  limit: number
}

/** Where a page ended: a time, to the microsecond as the database writes it, and an id. */
export type DeadLetterPosition = readonly [failedAt: string, id: string]

/** The log's share of a restart after a bad night. */
export const ANNOUNCED_AT_ONCE = 100

const NAMES = QUEUES.map(deadLetterQueue)

/**
 * Every statement about jobs that failed for good. pg-boss copies them into queues that nobody works through, one
 * beside each; a copy is in the state `created` until it is decided about, once. Decided, it stays for the day that
 * finished jobs stay, with who did what and when.
 */
export function createDeadLetterStore(database: Pick<Database, 'query'>) {
  return {
    /** How many wait for a decision. @throws DatabaseUnavailable */
    async count(): Promise<number> {
      const [row] = await database.query(
        (sql) => sql<{ dead: number }[]>`
          select count(*)::int as dead from pgboss.job where state = 'created' and source_name is not null
        `,
      )
      return row?.dead ?? 0
    },

    /** @throws DatabaseUnavailable */
    async list({ queue, after, limit }: DeadLetterPage) {
      const rows = await database.query(
        (sql) => sql<(DeadLetterRow & { at: string })[]>`
          select id, name, created_on, created_on::text as at, source_id, source_retry_count, source_output, data
          from pgboss.job
          where state = 'created' and source_name is not null
            and name = any (${queue === undefined ? NAMES : [deadLetterQueue(queue)]}::text[])
            ${after === undefined ? sql`` : sql`and (created_on, id) < (${after[0]}::text::timestamptz, ${after[1]}::uuid)`}
          order by created_on desc, id desc
          limit ${limit}
        `,
      )
      return rows.map((row) => {
        const position: DeadLetterPosition = [row.at, row.id]
        return { letter: toDeadLetter(row), position }
      })
    },

    /**
     * Sends the job to its queue again, all attempts before it, in the one statement that takes the letter away. The
     * job's id is the letter's: a worker that is still at an attempt of before cannot be taken for one of these.
     *
     * @returns the letter; null when there is none, or somebody else has decided
     * @throws DatabaseUnavailable
     */
    redrive: (id: string, operator: string): Promise<DeadLetter | null> => decide(id, 'redriven', operator),

    /** Takes a letter away, and the job with it. Like {@link redrive}. */
    discard: (id: string, operator: string): Promise<DeadLetter | null> => decide(id, 'discarded', operator),

    /**
     * Those that nobody was told of, a bounded number of them; each is given to one caller in the whole fleet.
     *
     * @throws DatabaseUnavailable
     */
    async takeUnannounced(): Promise<DeadLetter[]> {
      const taker = randomUUID()
      let sent = 0
      const taken = await database.query((sql) => {
        sent += 1
        return sql<DeadLetterRow[]>`
          update pgboss.job set output = jsonb_build_object('announcedAt', now(), 'announcedBy', ${taker}::text)
          where (name, id) in (
            select name, id from pgboss.job
            where state = 'created' and source_name is not null and output is null
            limit ${ANNOUNCED_AT_ONCE} for update ${sent === 1 ? sql`skip locked` : sql``}
          )
          returning id, name, created_on, source_id, source_retry_count, source_output, data
        `
      })
      if (sent === 1) return taken.map(toDeadLetter)
      // Sent again because the first reply was lost, and waited for the first, which may still have been under way. What
      // that one took, a statement that began before its end does not see.
      const rows = await database.query(
        (sql) => sql<DeadLetterRow[]>`
          select id, name, created_on, source_id, source_retry_count, source_output, data from pgboss.job
          where state = 'created' and source_name is not null and output ->> 'announcedBy' = ${taker}
        `,
      )
      return rows.map(toDeadLetter)
    },
  }

  /** The decision carries a mark of its own, so that one that is sent twice is found to be its own, and no other's. */
  async function decide(id: string, decision: 'redriven' | 'discarded', operator: string) {
    const mark = randomUUID()
    const state = decision === 'redriven' ? 'completed' : 'cancelled'
    let sent = 0
    const [decided] = await database.query((sql) => {
      sent += 1
      return sql<DeadLetterRow[]>`
        with decided as (
          update pgboss.job
          set state = ${state}::text::pgboss.job_state, completed_on = now(),
              output = coalesce(output, '{}') || jsonb_build_object(
                'decision', ${decision}::text, 'operator', ${operator}::text, 'decidedAt', now(), 'mark', ${mark}::text)
          where name = any (${NAMES}::text[]) and id = ${id}::uuid and state = 'created'
          returning *
        )
        select id, name, created_on, source_id, source_retry_count, source_output, data,
               case when state = 'completed' then enqueue_jobs(jsonb_build_array(
                 jsonb_build_object('id', id, 'queue', source_name, 'data', data)))::text end
        from decided
      `
    })
    if (decided !== undefined) return toDeadLetter(decided)
    if (sent === 1) return null
    // Sent again because the first reply was lost: then it may have been the first that it came too late for.
    const [own] = await database.query(
      (sql) => sql<DeadLetterRow[]>`
        select id, name, created_on, source_id, source_retry_count, source_output, data
        from pgboss.job
        where name = any (${NAMES}::text[]) and id = ${id}::uuid and output ->> 'mark' = ${mark}
      `,
    )
    return own === undefined ? null : toDeadLetter(own)
  }
}
