import { test } from 'node:test'
import fastify from 'fastify'
import { jobQueue } from '#plugins/job-queue.ts'
import { closedPort } from '../dependencies/fake-server.ts'
import { createDatabase } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { connect, eventually } from '../support/shop.ts'

const nowhere = 'http://127.0.0.1:9'

test('A process whose workers cannot begin says so of its queue, until they have', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  // All else is there: only the library of the queues does not find what it looks for first.
  await sql`alter table pgboss.version rename to version_of_another`
  const parts = { databaseUrl, paymentUrl: nowhere, inventoryUrl: nowhere }
  const [all, api] = await Promise.all([startService(t, parts), startService(t, parts, { ROLE: 'api' })])
  const health = async (of: string) => JSON.parse(await (await fetch(`${of}/health`)).text())
  // Of a machine that is busy any check may be down for a moment, for want of an answer.
  await eventually('the queue alone to be down, and the process ready', async () => {
    const { status, checks } = await health(all.api)
    const { status: queue, detail } = checks.queue
    const isTold = queue === 'down' && detail === 'the check failed' && status === 'degraded'
    return isTold && checks.database.status === 'up' && (await fetch(`${all.api}/readyz`)).ok
  })
  await eventually('one without workers to be well', async () => (await health(api.api)).status === 'healthy')
  await sql`alter table pgboss.version_of_another rename to version`
  await eventually('all to be well', async () => (await health(all.api)).status === 'healthy')
})

test('A queue whose connections are gone says so, until it has some again', async (t) => {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  const elsewhere = new URL(databaseUrl)
  elsewhere.port = String(await closedPort())
  let url = databaseUrl
  const app = fastify()
  await app.register(jobQueue, { databaseUrl: () => url, handlers: {}, retryLimit: 0 })
  t.after(() => app.close())
  await app.ready()
  await app.askJobQueue()
  url = elsewhere.href
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'holdfast-jobs' and datname = current_database()`
  await eventually('a complaint', () =>
    app.askJobQueue().then(
      () => false,
      () => true,
    ),
  )
  url = databaseUrl
  await eventually('an answer', () =>
    app.askJobQueue().then(
      () => true,
      () => false,
    ),
  )
})
