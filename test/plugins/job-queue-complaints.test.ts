import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import fastify from 'fastify'
import { createComplaints, OVER_AFTER_MS } from '#plugins/job-queue/complaints.ts'
import { jobQueue } from '#plugins/job-queue.ts'
import { QUEUES } from '#src/jobs/queues.ts'
import { closedPort } from '../dependencies/fake-server.ts'
import { createDatabase } from '../support/postgres.ts'
import { connect, eventually } from '../support/shop.ts'
import { done } from './queue-worker.ts'

/** Of all queues together; more than there are of them, and of ways to find out. */
const MANY_ATTEMPTS = 50

suite('A queue whose database', { concurrency: true }, () => {
  test('is away says each error once, whatever queue meets it', async (t) => {
    const home = await createDatabase(t)
    const { said, network, worked } = await openQueue(t, home)
    const sql = connect(t, home)
    const jobs = QUEUES.map((queue) => ({ queue, id: randomUUID(), data: {} }))
    await sql`select enqueue_jobs(${JSON.stringify(jobs)}::text::jsonb)`
    await eventually('every queue to be looked at', () => worked.size === QUEUES.length)
    network.url = await elsewhere(home)
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'holdfast-jobs' and datname = current_database()`
    const before = network.attempts
    await eventually('many attempts', () => network.attempts > before + MANY_ATTEMPTS, 60_000)
    const kinds = said.map((line) => line.replace(/ \(Queue: .*/, ''))
    assert.deepEqual(kinds, [...new Set(kinds)])
    assert.ok(kinds.some((line) => line.startsWith('the job queue met an error: connect ECONNREFUSED')))
  })

  test('is away from the beginning says so once, and is of use as soon as it is there', async (t) => {
    const home = await createDatabase(t)
    const { app, said, network } = await openQueue(t, await elsewhere(home))
    await eventually('several attempts', () => network.attempts > 10)
    assert.equal(said.length, 1)
    assert.match(said[0] ?? '', /^the job queue is not there yet: connect ECONNREFUSED/)
    await assert.rejects(app.askJobQueue(), /the job queue is not there yet/)
    network.url = home
    const isOfUse = () =>
      app.askJobQueue().then(
        () => true,
        () => false,
      )
    await eventually('its database to be found', isOfUse)
  })
})

/** Workers of all queues: which have worked, where they look for their database, how often, and what they said. */
async function openQueue(t: Parameters<typeof connect>[0], url: string) {
  const said: string[] = []
  const worked = new Set<string>()
  const network = { url, attempts: 0 }
  const app = fastify({
    logger: {
      stream: {
        write(line: string) {
          const { msg, err } = JSON.parse(line)
          said.push(`${msg}: ${err?.message}`)
        },
      },
    },
  })
  t.after(() => app.close())
  await app.register(jobQueue, {
    databaseUrl: () => {
      network.attempts++
      return network.url
    },
    retryLimit: 0,
    handlers: Object.fromEntries(
      QUEUES.map((queue) => [
        queue,
        () => {
          worked.add(queue)
          return done()
        },
      ]),
    ),
  })
  await app.ready()
  return { app, said, network, worked }
}

async function elsewhere(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl)
  url.port = String(await closedPort())
  return url.href
}

test('An error is said again once it stayed away for a while, and errors that come by turns are said once each', () => {
  const said: string[] = []
  let now = 0
  const log = { warn: ({ err }: { err: Error }) => void said.push(err.message) }
  const complain = createComplaints(log, () => now)
  const meet = (message: string) => complain(new Error(message), 'the job queue met an error')
  for (let round = 0; round < 5; round++) {
    meet('lost (Queue: send-mail, Worker: 1)')
    meet('lost (Queue: charge-order, Worker: 2)')
    meet('refused (Queue: charge-order, Worker: 2)')
    now += OVER_AFTER_MS - 1
  }
  const first = ['lost (Queue: send-mail, Worker: 1)', 'refused (Queue: charge-order, Worker: 2)']
  assert.deepEqual(said, first)
  now += 1
  meet('lost (Queue: refund-order, Worker: 3)')
  assert.deepEqual(said, [...first, 'lost (Queue: refund-order, Worker: 3)'])
})
