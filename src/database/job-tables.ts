import type { Client } from 'pg'
import { PgBoss } from 'pg-boss'
import { deadLetterQueue, QUEUES, queueSettings } from '../jobs/queues.ts'

/** pg-boss brings its own migrations; the queues are upserted, so that a release can change their settings. */
export async function migrateJobTables(client: Client): Promise<void> {
  const boss = new PgBoss({ db: inTurns(client), migrate: true, supervise: false, schedule: false })
  let mishap: unknown
  // What it does by itself, such as an index that is built beside everything else.
  boss.on('error', (error) => {
    mishap ??= error
  })
  try {
    await boss.start()
    for (const queue of QUEUES) {
      const { heartbeatSeconds, ...settings } = queueSettings
      const deadLetter = deadLetterQueue(queue)
      await boss.createQueue(deadLetter, settings)
      await boss.createQueue(queue, { ...settings, heartbeatSeconds, deadLetter })
      await boss.updateQueue(deadLetter, settings)
      await boss.updateQueue(queue, { ...settings, heartbeatSeconds, deadLetter })
    }
  } finally {
    await boss.stop({ graceful: false })
  }
  if (mishap !== undefined) throw mishap
}

/** A client takes one statement at a time, and pg-boss has some of its own beside those that it is asked for. */
function inTurns(client: Client) {
  let last: Promise<unknown> = Promise.resolve()
  return {
    executeSql(text: string, values?: unknown[]) {
      const next = last.then(() => client.query(text, values))
      last = next.catch(() => {})
      return next
    },
  }
}
