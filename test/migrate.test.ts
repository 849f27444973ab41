import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createEmptyDatabase } from './support/postgres.ts'

const MIGRATE = fileURLToPath(new URL('../src/database/migrate.ts', import.meta.url))

/** Runs it as `npm run migrate` does, in an environment of its own. */
const run = (env: Record<string, string>) =>
  new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [MIGRATE], { env: { PATH: process.env.PATH, ...env } }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })

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
    const { code, out, err } = await run({ DATABASE_URL: url })
    assert.equal(code, 1)
    assert.equal(out, '')
    assert.match(err, said)
    assert.doesNotMatch(err, /hunter2| {4}at /)
  })
}

test('A database that is not there is a sentence, and one that is there is migrated', async (t) => {
  const url = await createEmptyDatabase(t)
  const missing = await run({ DATABASE_URL: `${url}_not` })
  assert.equal(missing.code, 1)
  assert.match(
    missing.err,
    /^The database at DATABASE_URL cannot be used: database ".*_not" does not exist\n$/,
  )
  const { code, out } = await run({ DATABASE_URL: url })
  assert.equal(code, 0)
  assert.match(out, /^Applied /)
})
