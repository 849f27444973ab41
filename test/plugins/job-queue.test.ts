import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, test } from 'node:test'
import fastify from 'fastify'
import type { Sql } from 'postgres'
import { backoffMs } from '#plugins/job-queue/job.ts'
import { type Job, type JobOutcome, jobQueue } from '#plugins/job-queue.ts'
import { QUEUES, type QueueName } from '#src/jobs/queues.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, eventually } from '../support/shop.ts'

type Handle = (job: Job<unknown>) => Promise<JobOutcome>

const done = async (): Promise<JobOutcome> => ({ kind: 'done' })

test('Delays double from two seconds to five minutes, and are spread over all that is below', () => {
  const most = Array.from({ length: 15 }, (_, n) => backoffMs(n + 1, () => 1) / 1000)
  assert.deepEqual(most, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300, 300, 300])
  assert.equal(
    backoffMs(15, () => 0),
    0,
  )
  assert.equal(
    backoffMs(3, () => 0.5),
    4_000,
  )
})

/** One worker for all of them; each has a queue of its own, so that none waits for another. */
suite('A worker', { concurrency: true }, async () => {
  const { sql, behaviours, enqueue, find } = await startWorker()

  test('writes down what is done while others of its batch are under way', async () => {
    const slow = Promise.withResolvers<JobOutcome>()
    const [waiting, quick] = [randomUUID(), randomUUID()]
    await enqueue('send-mail', { [waiting]: () => slow.promise, [quick]: done })
    await eventually('the quick one', async () => (await find(quick)).state === 'completed')
    assert.equal((await find(waiting)).state, 'active')
    slow.resolve({ kind: 'done' })
  })

  test('tries again when it was told to, however much longer than its backoff, and counts what counts', async () => {
    const first =
      (outcome: JobOutcome): Handle =>
      async ({ attempt }) =>
        attempt === 1 ? outcome : await done()
    const [later, uncounted] = [randomUUID(), randomUUID()]
    await enqueue('refund-order', {
      [later]: first({ kind: 'retry', reason: 'later', afterMs: 3_600_000 }),
      [uncounted]: first({ kind: 'retry', reason: 'nobody was asked', afterMs: 0, counts: false }),
    })
    const job = await eventually('the delay', async () => {
      const found = await find(later)
      return found.state === 'retry' && found
    })
    assert.ok(job.wait > 3_590 && job.wait <= 3_600, `${job.wait}`)
    assert.deepEqual([job.retry_limit, job.output], [14, { reason: 'later' }])
    // A killed worker's job does not wait for as long as the last delay was.
    assert.deepEqual([job.retry_delay, job.retry_backoff], [2, false])
    const end = await eventually('the other', async () => {
      const found = await find(uncounted)
      return found.state === 'completed' && found
    })
    assert.deepEqual([end.retry_count, end.retry_limit], [1, 15])
  })

  test('gives a job up after its fifteenth attempt, with a reason that is one line and no secret', async () => {
    const attempts: number[] = []
    const id = randomUUID()
    behaviours.set(id, async ({ attempt }) => {
      attempts.push(attempt)
      const cause = new Error('bad answer\n  for sk_live_1234567890')
      if (attempt === 15) throw new Error('payment: failed', { cause })
      return { kind: 'retry', reason: 'not yet', afterMs: 0 }
    })
    // As after thirteen of them.
    await sql`insert into pgboss.job (id, name, state, retry_count, retry_limit, started_on, heartbeat_seconds, dead_letter)
              values (${id}, 'charge-order', 'retry', 12, 14, now(), 20, 'charge-order-dead')`
    const letter = await eventually('the dead letter', () => letterOf(id))
    assert.deepEqual(attempts, [14, 15])
    assert.equal(letter.source_retry_count, 14)
    assert.deepEqual(letter.source_output, { reason: 'payment: failed: bad answer for sk_[redacted]' })
  })

  test('that lost its claim changes nothing by what it still finishes, whatever that is', async () => {
    const late: Array<(outcome: JobOutcome) => void> = []
    const second: Array<(outcome: JobOutcome) => void> = []
    const handle: Handle = ({ attempt }) => {
      const { promise, resolve } = Promise.withResolvers<JobOutcome>()
      if (attempt === 1) late.push(resolve)
      else second.push(resolve)
      return promise
    }
    const ids = [randomUUID(), randomUUID(), randomUUID()]
    await enqueue('release-stock', Object.fromEntries(ids.map((id) => [id, handle])))
    await eventually('the first attempts', () => late.length === 3)
    // Nobody saw their heartbeats for a minute.
    await sql`update pgboss.job set heartbeat_on = now() - interval '1 minute' where id = any (${ids})`
    await eventually('the second attempts', () => second.length === 3)
    const before = await states()
    assert.ok(before.every(({ state, retry_count }) => state === 'active' && retry_count === 1))

    late[0]?.({ kind: 'done' })
    late[1]?.({ kind: 'retry', reason: 'late', afterMs: 3_600_000, counts: false })
    late[2]?.({ kind: 'dead', reason: 'late' })
    // The worker has written down that batch, for it takes another.
    const next = randomUUID()
    await enqueue('release-stock', { [next]: done })
    await eventually('the next batch', async () => (await find(next)).state === 'completed')
    assert.deepEqual(await states(), before)
    for (const end of second) end({ kind: 'done' })
    await eventually('the end', async () => (await states()).every(({ state }) => state === 'completed'))
    for (const id of ids) assert.equal(await letterOf(id), undefined)

    async function states() {
      const rows = await sql`
        select id, state, retry_count, retry_limit, start_after, output from pgboss.job
        where id = any (${ids}) order by id`
      return rows.map((row) => ({ ...row, state: row.state, retry_count: row.retry_count }))
    }
  })

  test('that died at the last attempt leaves a dead letter, which pg-boss writes by itself', async () => {
    const id = randomUUID()
    await sql`insert into pgboss.job (id, name, state, retry_count, retry_limit, started_on, heartbeat_on,
                heartbeat_seconds, dead_letter)
              values (${id}, 'reserve-stock', 'active', 14, 14, now(), now() - interval '1 minute', 20,
                'reserve-stock-dead')`
    const letter = await eventually('the dead letter', () => letterOf(id))
    assert.deepEqual(letter.source_output, { value: { message: 'job heartbeat timeout' } })
  })

  async function letterOf(id: string) {
    const [letter] = await sql`
      select source_output, source_retry_count from pgboss.job where source_id = ${id} and source_name is not null`
    return letter
  }
})

interface StoredJob {
  state: string
  retry_count: number
  retry_limit: number
  retry_delay: number
  retry_backoff: boolean
  output: unknown
  /** Seconds until it is due. */
  wait: number
}

async function startWorker() {
  const databaseUrl = await createDatabase({ after })
  const sql: Sql = connect({ after }, databaseUrl)
  const behaviours = new Map<string, Handle>()
  const handle: Handle = (job) => behaviours.get(job.id)?.(job) ?? done()
  const app = fastify()
  await app.register(jobQueue, {
    databaseUrl: () => databaseUrl,
    handlers: Object.fromEntries(QUEUES.map((queue) => [queue, handle])),
    monitorSeconds: 1,
  })
  after(() => app.close())
  await app.ready()
  return {
    sql,
    behaviours,
    /** In one statement, so that one worker takes them as one batch. */
    async enqueue(queue: QueueName, handles: Record<string, Handle>) {
      for (const [id, behaviour] of Object.entries(handles)) behaviours.set(id, behaviour)
      const jobs = Object.keys(handles).map((id) => ({ queue, id, data: {} }))
      await sql`select enqueue_jobs(${JSON.stringify(jobs)}::text::jsonb)`
    },
    async find(id: string): Promise<StoredJob> {
      const [job] = await sql<StoredJob[]>`
        select state, retry_count, retry_limit, retry_delay, retry_backoff, output,
               extract(epoch from start_after - now())::float8 as wait
        from pgboss.job where id = ${id}`
      assert.ok(job !== undefined)
      return job
    },
  }
}
