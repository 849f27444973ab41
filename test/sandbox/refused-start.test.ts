import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import postgres from 'postgres'
import { createEmptyDatabase } from '../support/postgres.ts'
import { place } from './started.ts'

describe('npm start that is refused', () => {
  /** The settings of the service, and those of the sandbox: each all at once. */
  const wrong: Array<[settings: Record<string, string>, culprits: string[]]> = [
    [
      { PORT: 'abc', CORS_ORIGINS: '*', DATABASE_URL: 'mysql://u:p@h/db', OPS_HOST: '0.0.0.0' },
      ['PORT', 'DATABASE_URL', 'CORS_ORIGINS', 'OPS_TOKEN'],
    ],
    [{ SANDBOX_PORT: 'xyz', SANDBOX_SEED: 'abc' }, ['SANDBOX_PORT', 'SANDBOX_SEED']],
  ]
  for (const [settings, culprits] of wrong) {
    test(`${Object.keys(settings)} that cannot be used: said before anything is supplied`, async (t) => {
      const { directory, start } = await place(t)
      const refused = start(settings)
      assert.equal((await refused.exit).code, 1)
      assert.match(refused.said(), /^The configuration cannot be used, \d variables are wrong:\n\n/)
      const said = [...refused.said().matchAll(/^ {2}(\S+) is /gm)].map(([, name]) => name)
      assert.deepEqual(said, culprits)
      assert.doesNotMatch(refused.said(), /:p@|http:\/\/localhost/)
      assert.deepEqual(readdirSync(directory), [])
    })
  }

  test('a database that is given is not migrated for a start that cannot be', async (t) => {
    const { start } = await place(t)
    const url = await createEmptyDatabase(t)
    const refused = start({ DATABASE_URL: url, RATE_LIMIT_MAX: 'lots' })
    assert.equal((await refused.exit).code, 1)
    assert.match(refused.said(), /RATE_LIMIT_MAX is "lots"/)
    const sql = postgres(url)
    t.after(() => sql.end())
    const made = await sql`
      select oid from pg_class where relnamespace not in ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace,
        'information_schema'::regnamespace)`
    assert.equal(made.length, 0)
  })

  test('a database that does not answer is said in a sentence', async (t) => {
    const { start } = await place(t)
    const refused = start({ DATABASE_URL: 'postgres://127.0.0.1:9/shop' })
    assert.equal((await refused.exit).code, 1)
    assert.match(refused.said(), /^The database at DATABASE_URL cannot be used: .* 127\.0\.0\.1:9$/m)
    assert.doesNotMatch(refused.said(), /^ +at /m)
  })

  test('a HOST that is not of this machine is said in a sentence', async (t) => {
    const { start } = await place(t)
    // RFC 5737: nobody has it.
    const refused = start({ HOST: '192.0.2.1', PORT: '8080' })
    assert.equal((await refused.exit).code, 1)
    assert.match(refused.said(), /^api listener cannot be opened at http:\/\/192\.0\.2\.1:8080: /m)
    assert.doesNotMatch(refused.said(), /^ +at /m)
  })

  test('a port in use stops the start with a sentence and leaves nothing running', async (t) => {
    const { directory, start } = await place(t)
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    t.after(() => taken.close())
    const address = taken.address()
    assert.ok(address !== null && typeof address === 'object')
    for (const name of ['PORT', 'OPS_PORT', 'SANDBOX_PORT', 'SANDBOX_STOREFRONT_PORT', 'SANDBOX_SMTP_PORT']) {
      const refused = start({ [name]: String(address.port) })
      assert.equal((await refused.exit).code, 1)
      assert.match(refused.said(), new RegExp(`^Port ${address.port} is in use: .* ${name} `, 'm'))
      assert.equal(existsSync(join(directory, 'postgres', 'postmaster.pid')), false)
    }
  })
})
