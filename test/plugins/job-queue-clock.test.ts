import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { QUEUES } from '#src/jobs/queues.ts'
import { eventually } from '../support/shop.ts'
import { done, startWorker } from './queue-worker.ts'

type Worker = Awaited<ReturnType<typeof startWorker>>

const HOUR_MS = 3_600_000

const steps: [string, number][] = [
  ['an hour', HOUR_MS],
  // A timer of Node's takes no more than 24.8 days, and makes of a longer one a millisecond.
  ['forty days', 40 * 24 * HOUR_MS],
]

for (const [what, stepMs] of steps) {
  test(`A clock that is set back by ${what} while a queue is asked holds up neither queues nor jobs of the dead`, async (t) => {
    const warnings: string[] = []
    const note = ({ name }: Error) => void warnings.push(name)
    process.on('warning', note)
    t.after(() => process.off('warning', note))
    const worker = await startWorker()
    t.after(worker.close)

    await whileItAsks(worker, () => setBack(t, stepMs))
    const orphan = await leaveToTheDead(worker)
    const jobs = new Map([['the dead', orphan]])
    for (const queue of QUEUES) {
      const id = randomUUID()
      jobs.set(queue, id)
      await worker.enqueue(queue, { [id]: done })
    }

    const isDone = async (id: string) => (await worker.find(id)).state === 'completed'
    await Promise.all(
      [...jobs].map(([whose, id]) => eventually(`the job of ${whose}`, () => isDone(id), 10_000)),
    )
    assert.equal((await worker.find(orphan)).retry_count, 1)
    assert.ok(!warnings.includes('TimeoutOverflowWarning'))
  })
}

function setBack(t: TestContext, milliseconds: number): void {
  const wallClock = Date.now
  t.mock.method(Date, 'now', () => wallClock() - milliseconds)
}

/** Once both connections wait for the jobs: one of them polls, for only one looks for the dead. */
async function whileItAsks({ sql }: Worker, step: () => void): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`lock table pgboss.job in access exclusive mode`
    await eventually('both connections to wait', async () => {
      const [waiting] = await transaction<{ count: number }[]>`
        select count(*)::integer from pg_locks
        where not granted and database = (select oid from pg_database where datname = current_database())`
      return waiting?.count === 2
    })
    step()
  })
}

/** A job whose worker's heart stopped a minute ago. */
async function leaveToTheDead({ sql }: Worker): Promise<string> {
  const id = randomUUID()
  await sql`insert into pgboss.job (id, name, state, retry_count, retry_limit, started_on, heartbeat_on, heartbeat_seconds)
            values (${id}, 'reserve-stock', 'active', 0, 14, now(), now() - interval '1 minute', 20)`
  return id
}
