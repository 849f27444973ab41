import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { rootCertificates } from 'node:tls'
import fastify from 'fastify'
import { isUnavailable } from '#plugins/database/unavailable.ts'
import { createDatabase } from '#plugins/database.ts'
import { connectionTo } from '#plugins/job-queue/connection.ts'
import { jobQueue } from '#plugins/job-queue.ts'
import { migrate } from '#src/database/migrate.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createEmptyDatabase } from '../support/postgres.ts'
import { connect, eventually } from '../support/shop.ts'
import { certificate, startTlsServer } from '../support/tls-server.ts'

const other = join(tmpdir(), `holdfast-other-authority-${process.pid}.pem`)
const IS_ENCRYPTED = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'

/** What a URL asks for, and what each of its readers comes to: `clear`, `tls`, or `refused`. */
const rows: [parameters: string, outcome: 'clear' | 'tls' | 'refused', host?: string][] = [
  ['', 'clear'],
  ['sslmode=disable', 'clear'],
  ['sslmode=require', 'tls'],
  ['sslmode=require&uselibpqcompat=true', 'tls'],
  ['sslmode=require&channel_binding=prefer&gssencmode=disable&sslnegotiation=postgres', 'tls'],
  ['target_session_attrs=any', 'clear'],
  ['target_session_attrs=read-write&sslmode=require', 'tls'],
  ['target_session_attrs=primary', 'clear'],
  ['application_name=shop&sslmode=require&options=-c%20work_mem%3D8MB', 'tls'],
  // As libpq has it: with an authority to ask, it is asked.
  [`sslmode=require&sslrootcert=${certificate}`, 'tls', 'localhost'],
  [`sslmode=require&sslrootcert=${other}`, 'refused'],
  [`sslmode=verify-ca&sslrootcert=${certificate}`, 'tls', 'localhost'],
  [`sslmode=verify-ca&sslrootcert=${other}`, 'refused'],
  [`sslmode=verify-full&sslrootcert=${certificate}`, 'tls'],
  [`sslmode=verify-full&sslrootcert=${certificate}`, 'refused', 'localhost'],
  ['sslmode=verify-full', 'refused'],
  ['sslrootcert=system', 'refused'],
  // 127.0.0.1 as an address of IPv6 (RFC 4291, section 2.5.5.2), written so that its second part looks like a port.
  ['', 'clear', '[0:0:0:0:0:ffff:127.0.0.1]'],
  ['sslmode=require', 'tls', '[0:0:0:0:0:ffff:127.0.0.1]'],
]

describe('A database with a certificate that nobody signed', { concurrency: 4 }, () => {
  const lifetime = lifetimeOfSuite()
  let plain = ''
  lifetime.after(() => rm(other, { force: true }))
  before(async () => {
    await writeFile(other, rootCertificates[0] ?? '')
    plain = await startTlsServer(lifetime)
    await migrate(plain)
  })

  for (const [parameters, outcome, host = '127.0.0.1'] of rows) {
    test(`is the same to service, jobs and migrations: ${host}?${parameters} is ${outcome}`, async (t) => {
      const url = `${plain.replace('@127.0.0.1', `@${host}`)}?${parameters}`
      const database = createDatabase({ url, poolSize: 1 })
      t.after(() => database.close())
      const { Client } = connectionTo(() => url)
      const found = await Promise.all([
        outcomeOf(database.query((sql) => sql.unsafe(IS_ENCRYPTED)).catch(assertUnavailable)),
        outcomeOf(askOnce(new Client())),
        migrate(url).then(
          () => 'let in',
          () => 'refused',
        ),
      ])
      assert.deepEqual(found, [outcome, outcome, outcome === 'refused' ? outcome : 'let in'])
    })
  }

  test('is left alone by all of them where it has no TLS, and they want some', async (t) => {
    const url = `${await createEmptyDatabase(t)}?sslmode=require`
    const database = createDatabase({ url, poolSize: 1 })
    t.after(() => database.close())
    const { Client } = connectionTo(() => url)
    await assert.rejects(database.query((sql) => sql`select 1`).catch(assertUnavailable))
    await assert.rejects(askOnce(new Client()))
    await assert.rejects(migrate(url))
  })

  test('has its jobs done', async (t) => {
    const url = `${plain}?sslmode=require`
    const taken: string[] = []
    const app = fastify()
    await app.register(jobQueue, {
      databaseUrl: () => url,
      retryLimit: 0,
      handlers: {
        'send-mail': async ({ id }) => {
          taken.push(id)
          return { kind: 'done' }
        },
      },
    })
    t.after(() => app.close())
    await app.ready()
    const id = randomUUID()
    const sql = connect(t, plain)
    await sql`select enqueue_jobs(${JSON.stringify([{ queue: 'send-mail', id, data: {} }])}::text::jsonb)`
    await eventually('the job', () => taken.includes(id))
  })
})

/** A database that is not trusted is away to those who ask: 503, not 500. */
function assertUnavailable(error: unknown): never {
  assert.ok(isUnavailable(error), String(error))
  throw error
}

async function askOnce(client: InstanceType<ReturnType<typeof connectionTo>['Client']>) {
  try {
    await client.connect()
    return (await client.query(IS_ENCRYPTED)).rows
  } finally {
    await client.end()
  }
}

const outcomeOf = (asked: Promise<Iterable<Record<string, unknown>>>) =>
  asked.then(
    ([row]) => (row?.ssl === true ? 'tls' : 'clear'),
    (error: unknown) => (error instanceof assert.AssertionError ? error.message : 'refused'),
  )
