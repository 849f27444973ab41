import type { Database } from '#plugins/database.ts'
import { deadLetterQueue, QUEUES } from './queues.ts'

const DEAD_LETTER_QUEUES = QUEUES.map(deadLetterQueue)

/** Every statement about jobs that failed for good. They wait in queues that nobody works through. */
export function createDeadLetterStore(database: Database) {
  return {
    /** How many there are. @throws DatabaseUnavailable */
    async count(): Promise<number> {
      const [row] = await database.query(
        (sql) => sql<{ dead: number }[]>`
          select count(*)::int as dead from pgboss.job
          where name = any (${DEAD_LETTER_QUEUES}::text[]) and state = 'created'
        `,
      )
      return row?.dead ?? 0
    },
  }
}
