import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { migrate } from '#src/database/migrate.ts'
import { createEmptyDatabase, type Lifetime } from './support/postgres.ts'
import { COMPILE_CACHE } from './support/service.ts'
import { connect, eventually } from './support/shop.ts'
import { databaseUrl, execute } from './support/statement.ts'

const MIGRATE = fileURLToPath(new URL('../src/database/migrate.ts', import.meta.url))

/** Runs it as `npm run migrate` does, in an environment of its own. */
const run = (env: Record<string, string>) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const command = ['--import', COMPILE_CACHE, MIGRATE]
    execFile(process.execPath, command, { env: { PATH: process.env.PATH, ...env } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })

type Run = Awaited<ReturnType<typeof run>>

function assertRefused({ code, out, err }: Run, said: RegExp) {
  assert.match(err, said)
  assert.doesNotMatch(err, /hunter2|^ +at /m)
  assert.equal(out, '')
  assert.equal(code, 1)
}

const nameOf = (url: string) => new URL(url).pathname.slice(1)

/** Says what a database sets for every session in it, before there is any. */
const settle = (url: string, setting: string) =>
  execute(databaseUrl(url, 'postgres'), `alter database ${nameOf(url)} ${setting}`)

/** What is in a database that is not the server's own. */
async function relationsIn(lifetime: Lifetime, url: string): Promise<string[]> {
  const rows = await connect(lifetime, url)`
    select oid::regclass::text as name from pg_class
    where relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'information_schema'::regnamespace)
    order by name`
  return rows.map(({ name }) => String(name))
}

const refused: Array<[string, string, said: RegExp]> = [
  [
    'is missing',
    '',
    /^The configuration cannot be used, one variable is wrong:\n\n {2}DATABASE_URL is not set\n/,
  ],
  [
    'is none',
    'mysql://u:hunter2@h/db',
    /^The configuration .*\n\n {2}DATABASE_URL is "mysql:\/\/\*\*\*@h\/db"\n/,
  ],
  [
    'leads nowhere',
    'postgres://u:hunter2@127.0.0.1:9/db',
    /cannot be used: connect ECONNREFUSED 127\.0\.0\.1:9\n$/,
  ],
]

for (const [how, url, said] of refused) {
  test(`A DATABASE_URL that ${how} is a sentence`, async () => {
    assertRefused(await run({ DATABASE_URL: url }), said)
  })
}

test('A database that is not there is a sentence, and one that is there is migrated', async (t) => {
  const url = await createEmptyDatabase(t)
  assertRefused(
    await run({ DATABASE_URL: `${url}_not` }),
    /^The database at DATABASE_URL cannot be used: database ".*_not" does not exist\n$/,
  )
  const { code, out } = await run({ DATABASE_URL: url })
  assert.equal(code, 0)
  assert.match(out, /^Applied /)
})

describe('A database that is not fit for it is left as it is, and a sentence says why', {
  concurrency: 2,
}, () => {
  for (const encoding of ['SQL_ASCII', 'LATIN1']) {
    test(`It is ${encoding}`, async (t) => {
      const made = await createEmptyDatabase(t)
      const name = nameOf(made)
      const admin = databaseUrl(made, 'postgres')
      await execute(admin, `drop database ${name}`)
      await execute(admin, `create database ${name} template template0 encoding '${encoding}' locale 'C'`)
      const said = new RegExp(
        `^The database at DATABASE_URL cannot be used: its encoding is ${encoding}, and has .* encoding 'UTF8' template template0\n$`,
      )
      assertRefused(await run({ DATABASE_URL: made }), said)
      assert.deepEqual(await relationsIn(t, made), [])
    })
  }

  const foreign: Array<[whose: string, made: string, said: RegExp]> = [
    ['Somebody has users', 'create table users (id int)', /schema public has users of somebody else's/],
    [
      'Rails keeps its migrations there',
      'create table schema_migrations (version varchar)',
      /schema public has schema_migrations of somebody else's/,
    ],
    [
      'Another program by the same library',
      "create table schema_migrations (id serial, name text, run_on timestamp); insert into schema_migrations (name) values ('1_first')",
      /schema public has schema_migrations of somebody else's/,
    ],
    [
      'Something else is called pgboss',
      'create schema pgboss; create table pgboss.version (v int)',
      /schema pgboss is somebody else's/,
    ],
    [
      'Another shop is in it',
      'create schema shop; create table shop.orders_in_flight ()',
      /schema shop has another shop/,
    ],
    ['It has no schema', 'drop schema public', /no schema of its search_path \("\$user", public\)/],
  ]
  for (const [whose, made, said] of foreign) {
    test(whose, async (t) => {
      const url = await createEmptyDatabase(t)
      await execute(url, made)
      const before = await relationsIn(t, url)
      await assert.rejects(migrate(url), { name: 'DatabaseUnusable', message: said })
      assert.deepEqual(await relationsIn(t, url), before)
    })
  }

  test('Its role may create nothing in the schema', async (t) => {
    const url = await createEmptyDatabase(t)
    const role = nameOf(url)
    await execute(url, `create role ${role} login password 'hunter2'`)
    // When the database is gone, and all it was given there.
    t.after(() => execute(databaseUrl(url, 'postgres'), `drop role ${role}`))
    await execute(
      url,
      `grant create on database ${role} to ${role}; revoke create on schema public from public`,
    )
    const as = Object.assign(new URL(url), { username: role, password: 'hunter2' }).href
    assertRefused(
      await run({ DATABASE_URL: as }),
      /^The database at DATABASE_URL cannot be used: its role may create nothing in the schema public\..*\n$/,
    )
    assert.deepEqual(await relationsIn(t, url), [])
  })

  test('It may only be read', async (t) => {
    const url = await createEmptyDatabase(t)
    await settle(url, 'set default_transaction_read_only = on')
    const said = /^The database could not be migrated: cannot execute .* in a read-only transaction\n$/
    assertRefused(await run({ DATABASE_URL: url }), said)
    await settle(url, 'reset default_transaction_read_only')
    assert.equal((await run({ DATABASE_URL: url })).code, 0)
    await settle(url, 'set default_transaction_read_only = on')
    assertRefused(await run({ DATABASE_URL: url }), said)
  })
})

describe('What a role or a database sets for its sessions does not stop it', { concurrency: 2 }, () => {
  for (const setting of ["idle_session_timeout = '250ms'", 'standard_conforming_strings = off']) {
    test(setting, async (t) => {
      const url = await createEmptyDatabase(t)
      await settle(url, `set ${setting}`)
      const { code, err } = await run({ DATABASE_URL: url })
      assert.equal(err, '')
      assert.equal(code, 0)
    })
  }

  test('Short timeouts: of several at once each waits for its turn, however long another takes', async (t) => {
    const url = await createEmptyDatabase(t)
    for (const timeout of ['lock_timeout', 'statement_timeout', 'transaction_timeout'])
      await settle(url, `set ${timeout} = '500ms'`)
    const sql = connect(t, databaseUrl(url, 'postgres'))
    const held = connect(t, url)
    const free = Promise.withResolvers<void>()
    // A name that the first of them is about to give to something: it waits to see whether it is free.
    const holding = held.begin(async (inside) => {
      await inside`set local transaction_timeout = 0`
      await inside`create schema pgboss`
      await free.promise
      throw new Error('rolled back')
    })
    t.after(() => free.resolve())
    const runs = Array.from({ length: 3 }, () => run({ DATABASE_URL: url }))
    await eventually('all of them to wait for longer than they may', async () => {
      const waiting = await sql`
        select from pg_stat_activity
        where datname = ${nameOf(url)} and wait_event_type = 'Lock' and clock_timestamp() - query_start > interval '1 second'`
      return waiting.length === 3
    })
    free.resolve()
    await assert.rejects(holding, /rolled back/)
    const ended = await Promise.all(runs)
    assert.deepEqual(
      ended.map(({ code, err }) => code + err),
      ['0', '0', '0'],
    )
    assert.equal(ended.filter(({ out }) => out.startsWith('Applied')).length, 1)
  })
})

test('A session that is ended by somebody ends it with a sentence', async (t) => {
  const url = await createEmptyDatabase(t)
  const sql = connect(t, url)
  await sql`select pg_advisory_lock(4065333813)`
  const migrating = run({ DATABASE_URL: url })
  await eventually('it to be ended', async () => {
    const ended = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`
    return ended.length === 1
  })
  assertRefused(await migrating, /^The database could not be migrated: terminating connection .*\n$/)
})
