import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { JobOutcome } from '#plugins/job-queue.ts'
import { eventually } from '../support/shop.ts'
import { done, startWorker } from './queue-worker.ts'

/** Within which a queued charge is tried; nothing here has a backoff to wait for. */
const SOON_MS = 5_000

test('Jobs that hang hold up none that come after while a place is free, and no more run than there are places', async (t) => {
  const hanging = Promise.withResolvers<JobOutcome>()
  t.after(() => hanging.resolve({ kind: 'done' }))
  const places = 5
  const { enqueue, find, countOf } = await startWorker({ concurrency: { 'charge-order': places } })
  let running = 0
  let most = 0
  const hang = async () => {
    most = Math.max(most, ++running)
    const outcome = await hanging.promise
    running--
    return outcome
  }
  const quickOne = async (withinMs?: number) => {
    const id = randomUUID()
    await enqueue('charge-order', { [id]: done })
    await eventually('a quick one', async () => (await find(id)).state === 'completed', withinMs)
  }
  // The worker has started.
  await quickOne()
  // Each begins before the next is there, so that no two are taken together.
  for (let hung = 1; hung < places; hung++) {
    await enqueue('charge-order', { [randomUUID()]: hang })
    await eventually(`${hung} to hang`, () => running === hung, SOON_MS)
  }
  await quickOne(SOON_MS)
  await quickOne(SOON_MS)
  await enqueue('charge-order', Object.fromEntries(Array.from({ length: 20 }, () => [randomUUID(), hang])))
  await eventually('the last place to be taken', () => running === places, SOON_MS)
  hanging.resolve({ kind: 'done' })
  await eventually('all of them', async () => (await countOf('completed')) === 3 + places - 1 + 20)
  assert.equal(most, places)
})

test('A job that hangs keeps its own place, and not that of another it was taken with', async (t) => {
  const hanging = Promise.withResolvers<JobOutcome>()
  t.after(() => hanging.resolve({ kind: 'done' }))
  const { enqueue, find } = await startWorker({ concurrency: { 'charge-order': 2 } })
  const [quick, next] = [randomUUID(), randomUUID()]
  await enqueue('charge-order', { [randomUUID()]: () => hanging.promise, [quick]: done })
  await eventually('the quick one', async () => (await find(quick)).state === 'completed')
  await enqueue('charge-order', { [next]: done })
  await eventually('the next', async () => (await find(next)).state === 'completed', SOON_MS)
})

test('A job that never ends has its place until it expires', async (t) => {
  const hanging = Promise.withResolvers<JobOutcome>()
  t.after(() => hanging.resolve({ kind: 'done' }))
  const { sql, behaviours, enqueue, find } = await startWorker({ concurrency: { 'charge-order': 1 } })
  const [endless, next] = [randomUUID(), randomUUID()]
  const begun = Promise.withResolvers<void>()
  behaviours.set(endless, () => {
    begun.resolve()
    return hanging.promise
  })
  await sql`insert into pgboss.job (id, name, retry_limit, expire_seconds) values (${endless}, 'charge-order', 0, 2)`
  // Its state says so for two seconds only.
  await begun.promise
  await enqueue('charge-order', { [next]: done })
  await eventually('the next', async () => (await find(next)).state === 'completed')
  assert.equal((await find(endless)).state, 'failed')
})
