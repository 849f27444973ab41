import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ConfigError, readMigrationConfig } from '#src/config.ts'
import { certificate } from '../support/tls-server.ts'

const noCertificate = fileURLToPath(import.meta.url)

/** What libpq knows and the drivers do not, or not all of them, and what is said to be allowed instead. */
const refused: [parameters: string, allowed: string][] = [
  ['sslmode=prefer', 'sslmode as disable, require, verify-ca or verify-full, or left out'],
  ['sslmode=allow', 'sslmode as disable, require, verify-ca or verify-full, or left out'],
  ['sslmode=no-verify', 'sslmode as disable, require, verify-ca or verify-full, or left out'],
  ['sslmode=', 'sslmode as disable, require, verify-ca or verify-full, or left out'],
  ['sslmode=verify-ca', 'sslmode=verify-ca with sslrootcert=FILE beside it'],
  ['sslmode=require&sslrootcert=system', 'sslrootcert=system with sslmode=verify-full'],
  [`sslrootcert=${certificate}`, 'sslrootcert with sslmode beside it'],
  [
    'sslmode=verify-full&sslrootcert=/none.pem',
    'sslrootcert as a file of certificates (PEM) that can be read, not /none.pem',
  ],
  [
    `sslmode=verify-ca&sslrootcert=${noCertificate}`,
    `sslrootcert as a file of certificates (PEM) that can be read, not ${noCertificate}`,
  ],
  ['sslmode=require&channel_binding=require', 'channel_binding as disable or prefer, or left out'],
  ['gssencmode=require', 'gssencmode as disable or prefer, or left out'],
  ['sslmode=require&sslnegotiation=direct', 'sslnegotiation as postgres, or left out'],
  ...['standby', 'read-only', 'prefer-standby', 'ANY', ''].map((value): [string, string] => [
    `target_session_attrs=${value}`,
    'target_session_attrs as any, read-write or primary, or left out',
  ]),
  ['ssl=true', 'a query without ssl, which is not read there'],
  ['sslmode=require&sslcert=a&sslkey=hunter2', 'a query without sslcert, which is not read there'],
  ['password=hunter2', 'a query without password, which is not read there'],
  ['database=other', 'a query without database, which is not read there'],
  ['datestyle=German', 'a query without datestyle, which is always the same'],
  [
    'default_transaction_isolation=serializable',
    'a query without default_transaction_isolation, which is always the same',
  ],
]

for (const [parameters, allowed] of refused) {
  test(`A database at ?${parameters} is refused, with what would be allowed`, () => {
    for (const hosts of ['db', 'a:5432,b:5432']) {
      const url = `postgres://u:hunter2@${hosts}/shop?${parameters}`
      assert.throws(
        () => readMigrationConfig({ DATABASE_URL: url }),
        (error) => {
          assert.ok(error instanceof ConfigError)
          assert.deepEqual(error.variables, ['DATABASE_URL'])
          assert.ok(error.message.includes(`    allowed: ${allowed}\n`), error.message)
          assert.doesNotMatch(error.message, /hunter2/)
          const [, example] = /example: DATABASE_URL=(.*)$/.exec(error.message) ?? []
          assert.ok(readMigrationConfig({ DATABASE_URL: example }))
          return true
        },
      )
    }
  })
}
