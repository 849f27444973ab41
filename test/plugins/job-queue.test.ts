import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { queryObjects } from 'node:v8'
import { backoffMs, unaskedMs } from '#plugins/job-queue/job.ts'
import type { JobOutcome } from '#plugins/job-queue.ts'
import { eventually } from '../support/shop.ts'
import { done, type Handle, startWorker } from './queue-worker.ts'

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

test('What could not be asked waits as long again as it has waited at most, and no less than two seconds at most', () => {
  const waited = [-5, 0, 1_999, 6_000, 299_000, 3_600_000]
  const most = waited.map((ms) => unaskedMs(ms, () => 1) / 1000)
  assert.deepEqual(most, [2, 2, 2, 6, 299, 300])
  assert.equal(
    unaskedMs(60_000, () => 0.25),
    15_000,
  )
})

/** One worker for all of them; each has a queue of its own, so that none waits for another. */
suite('A worker', { concurrency: true }, async () => {
  const { sql, behaviours, enqueue, find, letterOf } = await startWorker()

  for (const [attempt, retryCount] of [
    ['first', 0],
    ['third', 2],
  ] as const) {
    test(`writes down what is done at the ${attempt} attempt while others of its batch are under way`, async () => {
      const slow = Promise.withResolvers<JobOutcome>()
      const [waiting, quick] = [randomUUID(), randomUUID()]
      await enqueue('send-mail', { [waiting]: () => slow.promise, [quick]: done }, retryCount)
      await eventually('the quick one', async () => (await find(quick)).state === 'completed')
      const { state, retry_count } = await find(waiting)
      assert.deepEqual([state, retry_count], ['active', retryCount])
      slow.resolve({ kind: 'done' })
    })
  }

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
    // As long as it was told, less what has passed since; the backoff is 300 at most.
    assert.ok(job.wait > 3_500 && job.wait <= 3_600, `${job.wait}`)
    assert.deepEqual([job.retry_limit, job.output], [14, { reason: 'later' }])
    // A killed worker's job does not wait for as long as the last delay was.
    assert.deepEqual([job.retry_delay, job.retry_backoff], [2, false])
    const end = await eventually('the other', async () => {
      const found = await find(uncounted)
      return found.state === 'completed' && found
    })
    assert.deepEqual([end.retry_count, end.retry_limit], [1, 15])
  })

  test('waits for its backoff at least when it is told to come again soon, or at a time gone by', async () => {
    const id = randomUUID()
    behaviours.set(id, async () => ({ kind: 'retry', reason: 'busy', afterMs: 0 }))
    // As after thirteen of them: half of five minutes, as this worker throws its dice.
    await sql`insert into pgboss.job (id, name, state, retry_count, retry_limit, started_on, heartbeat_seconds)
              values (${id}, 'release-stock', 'retry', 12, 14, now(), 20)`
    const job = await eventually('the attempt', async () => {
      const found = await find(id)
      return found.retry_count === 13 && found.state === 'retry' && found
    })
    assert.ok(job.wait > 100 && job.wait <= 150, `${job.wait}`)
  })

  test('was once refused a few times by an open circuit, and then waited far longer than that was open', async () => {
    const ages = { [randomUUID()]: 60, [randomUUID()]: 3_600 }
    for (const [id, age] of Object.entries(ages)) {
      behaviours.set(id, async () => ({ kind: 'retry', reason: 'circuit open', counts: false }))
      await sql`insert into pgboss.job (id, name, state, retry_count, retry_limit, created_on, started_on, heartbeat_seconds)
                values (${id}, 'release-stock', 'retry', 8, 22, now() - ${age} * interval '1 second', now(), 20)`
    }
    const waits = await Promise.all(
      Object.keys(ages).map((id) =>
        eventually('the refusal', async () => {
          const found = await find(id)
          return found.retry_count === 9 && found.state === 'retry' && found.wait
        }),
      ),
    )
    // Half of a minute and of five, as this worker throws its dice.
    const [young = 0, old = 0] = waits
    assert.ok(young > 15 && young < 45, `${young}`)
    assert.ok(old > 100 && old <= 150, `${old}`)
  })

  test('was refused eight times by an open circuit, and its first failure then cost it minutes', async () => {
    const id = randomUUID()
    behaviours.set(id, async () => ({ kind: 'retry', reason: 'busy' }))
    await sql`insert into pgboss.job (id, name, state, retry_count, retry_limit, started_on, heartbeat_seconds)
              values (${id}, 'release-stock', 'retry', 7, 22, now(), 20)`
    const job = await eventually('the failure', async () => {
      const found = await find(id)
      return found.retry_count === 8 && found.state === 'retry' && found
    })
    // Half of two seconds, as this worker throws its dice, less what has passed since.
    assert.ok(job.wait <= 1, `${job.wait}`)
    assert.equal(job.retry_limit, 22)
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
    await eventually(
      'the fourteenth',
      async () => attempts.length === 1 && (await find(id)).state === 'retry',
    )
    await sql`update pgboss.job set start_after = now() where id = ${id}`
    const letter = await eventually('the dead letter', () => letterOf(id))
    assert.deepEqual(attempts, [14, 15])
    assert.equal(letter.source_retry_count, 14)
    assert.deepEqual(letter.source_output, { reason: 'payment: failed: bad answer for sk_[redacted]' })
  })

  const outcomes: JobOutcome[] = [
    { kind: 'done' },
    { kind: 'retry', reason: 'late', afterMs: 3_600_000, counts: false },
    { kind: 'dead', reason: 'late' },
  ]
  for (const outcome of outcomes) {
    test(`that lost its claim changes nothing by what it still finishes: ${outcome.kind}`, async () => {
      const id = randomUUID()
      const late = Promise.withResolvers<JobOutcome>()
      const second = Promise.withResolvers<JobOutcome>()
      const first = await startWorker()
      await first.enqueue('charge-order', { [id]: () => late.promise })
      await eventually('the first attempt', async () => (await first.find(id)).state === 'active')
      // It takes nothing more, and has written down what it did once it is closed.
      const closed = first.close()
      const other = await startWorker({ databaseUrl: first.databaseUrl })
      const begun = Promise.withResolvers<void>()
      other.behaviours.set(id, () => {
        begun.resolve()
        return second.promise
      })
      // Nobody saw its heartbeat for a minute; the one that it still has must not come in between.
      let taken = false
      begun.promise.then(() => {
        taken = true
      })
      await eventually('the second attempt', async () => {
        await first.sql`update pgboss.job set heartbeat_on = now() - interval '1 minute'
                        where id = ${id} and state = 'active' and retry_count = 0`
        return taken
      })
      const before = await first.find(id)
      assert.deepEqual([before.state, before.retry_count], ['active', 1])

      late.resolve(outcome)
      await closed
      assert.deepEqual({ ...(await first.find(id)), wait: before.wait }, before)
      second.resolve({ kind: 'done' })
      await eventually('the end', async () => (await first.find(id)).state === 'completed')
      assert.equal(await first.letterOf(id), undefined)
    })
  }

  test('whose job was ended by others meanwhile does not have it come again', async () => {
    const own = await startWorker()
    const id = randomUUID()
    const late = Promise.withResolvers<JobOutcome>()
    await own.enqueue('charge-order', { [id]: () => late.promise })
    await eventually('the attempt', async () => (await own.find(id)).state === 'active')
    await own.sql`update pgboss.job set state = 'cancelled', completed_on = now() where id = ${id}`
    late.resolve({ kind: 'retry', reason: 'late', afterMs: 0, counts: false })
    await own.close()
    assert.equal((await own.find(id)).state, 'cancelled')
  })

  test('lost its connection while it wrote down what was done, and did it again', async () => {
    const own = await startWorker()
    const id = randomUUID()
    let runs = 0
    const locked = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const handle: Handle = async () => {
      runs += 1
      await locked.promise
      return { kind: 'done' }
    }
    await own.enqueue('send-mail', { [id]: handle })
    await eventually('the attempt', () => runs === 1)
    const holding = own.sql.begin(async (tx) => {
      await tx`select 1 from pgboss.job where id = ${id} for update`
      locked.resolve()
      await release.promise
    })
    for (const time of ['first', 'second']) {
      await eventually(`the ${time} note`, async () => {
        const { count } = await own.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'holdfast-jobs' and wait_event_type = 'Lock'`
        return count > 0
      })
    }
    release.resolve()
    await holding
    await eventually('the end', async () => (await own.find(id)).state === 'completed')
    assert.equal(runs, 1)
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

  test('that is closed waits for what is under way, until it gives that back: due at once, and no attempt spent', async (t) => {
    const other = await startWorker()
    t.after(() => other.close())
    const [quick, stuck] = [randomUUID(), randomUUID()]
    const ending = Promise.withResolvers<JobOutcome>()
    let begun = 0
    await other.enqueue('finish-order', {
      [quick]: () => {
        begun++
        return ending.promise
      },
      [stuck]: () => {
        begun++
        return new Promise(() => {})
      },
    })
    await eventually('both', () => begun === 2)
    const closed = other.close()
    ending.resolve({ kind: 'done' })
    await eventually('the quick one', async () => (await other.find(quick)).state === 'completed')
    other.giveBackJobs()
    await closed
    const { state, wait, retry_limit, output } = await other.find(stuck)
    assert.ok(wait <= 0)
    assert.deepEqual([state, retry_limit, output], ['retry', 15, { reason: 'its process ended' }])
  })
})

test('A worker keeps nothing of what is done: each job once left a promise behind for as long as the process', async (t) => {
  const { enqueue, countOf, close } = await startWorker()
  t.after(close)
  const work = async (jobs: number) => {
    const before = await countOf('completed')
    await enqueue('send-mail', Object.fromEntries(Array.from({ length: jobs }, () => [randomUUID(), done])))
    await eventually('the last of them', async () => (await countOf('completed')) === before + jobs)
    return queryObjects(Promise, { format: 'count' })
  }
  const before = await work(50)
  const after = await work(500)
  assert.ok(after - before < 250, `${before} promises, then ${after}`)
})
