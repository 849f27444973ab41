import type { Database } from '#plugins/database.ts'
import { deadLetterQueue, QUEUES, type QueueName } from './queues.ts'

/** What a queue holds at a moment. */
export interface QueueDepth {
  name: QueueName
  /** Due, and not yet taken by a worker. */
  waiting: number
  /** Taken by a worker. */
  active: number
  /** To be done later: a retry's backoff, a lease that has to end first. */
  delayed: number
  /** Failed for good, and nobody has decided about it yet. */
  dead: number
  /** When the newest of these died; null where there is none. */
  lastDeadAt: Date | null
  /** Seconds since the oldest that is not done was enqueued: as long as somebody has been waiting for it. 0 when all are done. */
  oldestSeconds: number
  /** Seconds for which the one that is due longest has not been taken: a second or two while workers keep up. */
  overdueSeconds: number
}

const DEAD_LETTER_QUEUES = QUEUES.map(deadLetterQueue)
const ALL_QUEUES = [...QUEUES, ...DEAD_LETTER_QUEUES]

/** Every statement about queues as such; what is in them is the affair of whoever works through them. */
export function createQueueStore(database: Database) {
  return {
    /**
     * Every queue, in the order of `QUEUES`. Costs what waits and what is under way, not what is finished: each of
     * the two is read from its partial index, by the very condition of that index.
     *
     * @throws DatabaseUnavailable
     */
    async depths(): Promise<QueueDepth[]> {
      const rows = await database.query(
        (sql) => sql<QueueDepth[]>`
          with unfinished as (
            select name, count(*) filter (where start_after <= now()) as waiting,
                   count(*) filter (where start_after > now()) as delayed, 0 as active,
                   min(start_after) filter (where start_after <= now()) as due, min(created_on) as oldest,
                   max(created_on) as newest
            from pgboss.job
            where name = any (${ALL_QUEUES}::text[]) and state < 'active' and not blocked
            group by name
            union all
            select name, 0, 0, count(*), null, min(created_on), null from pgboss.job
            where name = any (${QUEUES}::text[]) and state = 'active'
            group by name
          )
          select queue.name, coalesce(sum(waiting), 0)::int as waiting, coalesce(sum(active), 0)::int as active,
                 coalesce(sum(delayed), 0)::int as delayed, coalesce(max(dead.letters), 0)::int as dead,
                 max(dead.newest) as "lastDeadAt",
                 -- Never below 0, as a job of before the clock was set back would be; null, where all are done, is passed over.
                 greatest(0, extract(epoch from now() - min(oldest)))::float8 as "oldestSeconds",
                 coalesce(extract(epoch from now() - min(due)), 0)::float8 as "overdueSeconds"
          from unnest(${QUEUES}::text[], ${DEAD_LETTER_QUEUES}::text[]) with ordinality
            as queue (name, dead_letter, position)
          left join unfinished on unfinished.name = queue.name
          left join (select name, waiting + delayed as letters, newest from unfinished) as dead
            on dead.name = queue.dead_letter
          group by queue.name, queue.position
          order by queue.position
        `,
      )
      return [...rows]
    },
  }
}
