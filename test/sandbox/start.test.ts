import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { demoCatalogue } from '../../sandbox/demo-catalogue.ts'
import { startOf } from '../../sandbox/process-identity.ts'
import { createDatabase } from '../support/postgres.ts'
import { place } from './started.ts'

const READY = 'Ctrl-C stops all of it.'

/** Runs the printed command as a person would: pasted into a POSIX shell. */
async function paste(said: string): Promise<string> {
  const command = said.slice(said.indexOf('curl -i'), said.indexOf(READY))
  assert.ok(command.startsWith('curl -i'))
  return (await promisify(execFile)('sh', ['-c', command.trim()])).stdout
}

async function postmasterOf(directory: string): Promise<number> {
  return Number((await readFile(join(directory, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
}

describe('npm start', () => {
  test('works from an empty environment, takes the printed order, stops clean, and remembers', async (t) => {
    const { directory, start } = await place(t)
    const first = start()
    const said = await first.until(READY)
    for (const name of ['DATABASE_URL', 'AUTH_JWT_SECRET', 'PAYMENT_URL', 'INVENTORY_URL', 'SMTP_URL']) {
      assert.match(said, new RegExp(`\\b${name}\\b`))
    }
    assert.match(said, /36 demo products/)
    const answers = [await paste(said), await paste(said)]
    for (const answer of answers) assert.match(answer, /^HTTP\/1.1 201 /)
    const [one, other] = answers.map((answer) => /^location: (.*)$/im.exec(answer)?.[1])
    assert.ok(one !== undefined && one !== other)

    const [, storefront = ''] = /storefront +(http\S+)/.exec(said) ?? []
    const { api: shopsAt } = JSON.parse(await (await fetch(`${storefront}/settings.json`)).text())
    const asked = await fetch(`${shopsAt}/products`, { headers: { origin: storefront } })
    assert.equal(asked.headers.get('access-control-allow-origin'), storefront)

    const postmaster = await postmasterOf(directory)
    first.kill('SIGINT')
    assert.deepEqual(await first.exit, { code: 0, signal: null })
    assert.equal(await startOf(postmaster), undefined)

    const second = start()
    const again = await second.until(READY)
    assert.doesNotMatch(again, /Making a PostgreSQL|demo products were/)
    const token = /^eyJ\S+$/m.exec(said)?.[0]
    const api = /API +(http\S+)/.exec(again)?.[1]
    const kept = await fetch(`${api}${one}`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(kept.status, 200)
    second.kill('SIGTERM')
    assert.equal((await second.exit).code, 0)
  })

  test('a second one says that the first one runs, and leaves it alone', async (t) => {
    const { start } = await place(t)
    const first = start()
    const said = await first.until(READY)
    const second = start()
    assert.equal((await second.exit).code, 1)
    assert.match(second.said(), /^Holdfast already runs here, as process \d+/)
    assert.match(await paste(said), /^HTTP\/1.1 201 /)
  })

  test('what is given is used instead, and stays what it was', async (t) => {
    const { directory, start } = await place(t)
    const env = {
      DATABASE_URL: await createDatabase(t),
      AUTH_JWT_SECRET: 'a secret of thirty-two bytes or more',
      PAYMENT_API_KEY: 'sk_test_given',
      INVENTORY_URL: 'http://127.0.0.1:9',
    }
    const run = start(env)
    const said = await run.until(READY)
    for (const name of Object.keys(env)) assert.doesNotMatch(said, new RegExp(`^  .*\\b${name}\\b`, 'm'))
    assert.equal(existsSync(join(directory, 'postgres')), false)
    const [, sandbox] = /^ {2}sandbox +(http\S+)/m.exec(said) ?? []
    assert.equal((await fetch(`${sandbox}/ledger`)).status, 200, 'what still stands in is said to be there')
    // The warehouse does not answer, and an order is taken all the same.
    assert.match(await paste(said), /^HTTP\/1.1 201 /)
  })

  test('in production nothing is supplied, and what is missing stops the start', async (t) => {
    const { directory, start } = await place(t)
    const refused = start({ NODE_ENV: 'production' })
    assert.equal((await refused.exit).code, 1)
    assert.match(refused.said(), /DATABASE_URL/)
    assert.equal(existsSync(join(directory, 'postgres')), false)
  })

  test('the demo catalogue is 36 products with ids of their own, all for sale', () => {
    assert.equal(demoCatalogue.length, 36)
    assert.equal(new Set(demoCatalogue.map(({ id }) => id)).size, 36)
    for (const { id, price, stock } of demoCatalogue) {
      assert.match(id, /^[a-z][a-z-]{2,63}$/)
      assert.ok(Number.isInteger(price) && price > 0 && stock > 0)
    }
  })
})
