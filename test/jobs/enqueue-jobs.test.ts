import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, beforeEach, suite, test } from 'node:test'
import type { Sql } from 'postgres'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect } from '../support/shop.ts'

suite('enqueue_jobs', () => {
  const lifetime = lifetimeOfSuite()
  let sql: Sql

  before(async () => {
    sql = connect(lifetime, await createDatabase(lifetime))
  })

  beforeEach(() => sql`truncate pgboss.job`)

  const enqueue = (job: { queue: string; id: string; delaySeconds?: number }) =>
    sql`select enqueue_jobs(${sql.json([{ data: {}, ...job }])})`

  test('A job has what its queue says of its jobs, and is due when it is said to be', async () => {
    // Each another number, so that none can be taken for its neighbour.
    await sql`
      update pgboss.queue set retry_limit = 1, retry_delay = 2, retry_backoff = true, retry_delay_max = 3,
        expire_seconds = 4, deletion_seconds = 5, retention_seconds = 6, heartbeat_seconds = 11
      where name = 'send-mail'`
    await enqueue({ queue: 'send-mail', id: randomUUID(), delaySeconds: 0.5 })
    const [job] = await sql`
      select retry_limit, retry_delay, retry_backoff, retry_delay_max, expire_seconds, deletion_seconds, heartbeat_seconds,
        policy, dead_letter, extract(epoch from keep_until - created_on)::float8 as retention,
        extract(epoch from start_after - created_on)::float8 as delay
      from pgboss.job`
    assert.deepEqual(job, {
      retry_limit: 1,
      retry_delay: 2,
      retry_backoff: true,
      retry_delay_max: 3,
      expire_seconds: 4,
      deletion_seconds: 5,
      heartbeat_seconds: 11,
      policy: 'standard',
      dead_letter: 'send-mail-dead',
      retention: 6,
      delay: 0.5,
    })
  })

  test('A job that is asked for twice is there once, as it was the first time', async () => {
    const id = randomUUID()
    await enqueue({ queue: 'refund-order', id })
    await enqueue({ queue: 'refund-order', id, delaySeconds: 60 })
    await enqueue({ queue: 'release-stock', id })
    assert.deepEqual(
      [...(await sql`select name, start_after = created_on as due from pgboss.job order by name`)],
      [
        { name: 'refund-order', due: true },
        { name: 'release-stock', due: true },
      ],
    )
  })

  test('A queue that does not exist fails the statement, instead of losing the work', async () => {
    await assert.rejects(enqueue({ queue: 'send-mial', id: randomUUID() }), { code: '23502' })
  })
})
