import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { migrate } from '#src/database/migrate.ts'
import { MIGRATIONS_DIRECTORY } from '#src/database/schema-version.ts'
import manifest from '../package.json' with { type: 'json' }
import { startLoad } from './orders/load.ts'
import { assertProblem } from './support/assert-problem.ts'
import { startFakePayment, startFakeWarehouse } from './support/fake-dependencies.ts'
import { createDatabase, type Lifetime } from './support/postgres.ts'
import { lastTagged, RELEASES, releases } from './support/releases.ts'
import { startService } from './support/service.ts'
import { basket, connect, eventually, place, stock, tokenOf } from './support/shop.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
/** What a next release may do to the schema; see docs/upgrading.md. */
const NEXT = join(PROJECT, 'test/upgrade')

const run = promisify(execFile)

/** A database as it was made: no table, no queue. */
async function emptyDatabase(lifetime: Lifetime) {
  const url = await createDatabase(lifetime)
  const sql = connect(lifetime, url)
  await sql`drop schema if exists pgboss cascade`
  await sql`drop schema public cascade`
  await sql`create schema public`
  return { url, sql }
}

/**
 * The release that is replaced: what UPGRADE_FROM names to git, else the last one that is tagged. Before there is one,
 * or without git where tests may be skipped, it is this one.
 */
async function formerRelease(t: TestContext): Promise<string> {
  const wanted = process.env.UPGRADE_FROM ?? (await lastReleased())
  if (wanted === undefined) {
    t.diagnostic('from this release to the next')
    return PROJECT
  }
  const verify = ['rev-parse', '--verify', '--quiet', `${wanted}^{commit}`]
  const commit = await run('git', verify, { cwd: PROJECT }).catch(() => assert.fail(`git knows no ${wanted}`))
  t.diagnostic(`from ${wanted} to this release, and to the next`)
  const home = await mkdtemp(join(tmpdir(), 'holdfast-former-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  const archive = join(home, 'sources.tar')
  await run('git', ['archive', '--output', archive, commit.stdout.trim()], { cwd: PROJECT })
  await run('tar', ['-xf', archive, '-C', home])
  await symlink(join(PROJECT, 'node_modules'), join(home, 'node_modules'))
  return home
}

async function lastReleased(): Promise<string | undefined> {
  const tags = await run('git', ['tag', '--list', 'v*'], { cwd: PROJECT }).catch(() => undefined)
  if (tags === undefined && process.env.TESTS_MAY_SKIP !== 'no') return
  const version = lastTagged(await releases(), tags?.stdout.split('\n') ?? [], manifest.version)
  return version && `v${version}`
}

/** Brings what a release after this one may bring, on top of all that this one has. */
async function migrateToNext(lifetime: Lifetime, url: string): Promise<string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-migrations-'))
  lifetime.after(() => rm(dir, { recursive: true, force: true }))
  for (const from of [MIGRATIONS_DIRECTORY, NEXT]) await cp(from, dir, { recursive: true })
  return await migrate(url, dir)
}

suite('An upgrade', () => {
  test('changes the schema under a running release, which serves on without a failure', async (t) => {
    const former = await formerRelease(t)
    const { url, sql } = await emptyDatabase(t)
    const env = { ...process.env, DATABASE_URL: url }
    await run(process.execPath, [join(former, 'src/database/migrate.ts')], { env })
    await stock(sql, { desk: 100_000 })
    const payment = await startFakePayment(t)
    const warehouse = await startFakeWarehouse(t)
    const parts = { databaseUrl: url, paymentUrl: payment.url, inventoryUrl: warehouse.url }
    const service = await startService(t, { ...parts, main: join(former, 'src/main.ts') })
    const load = startLoad(service.api, 4)
    t.after(() => load.end())
    const reading = startReading(service.api)
    const more = async (count: number) => {
      const [orders, reads] = [load.made().size + count, reading.count() + count]
      const enough = () => load.made().size >= orders && reading.count() >= reads
      // How long they take says nothing of the upgrade.
      await eventually(`${count} more orders and readings`, enough, 60_000)
    }
    await more(20)

    await migrate(url)
    const applied = await migrateToNext(t, url)
    assert.deepEqual(
      applied,
      (await readdir(NEXT)).map((file) => file.replace('.sql', '')),
    )
    await more(20)

    await reading.end()
    await load.end()
    assert.equal(load.refusals(), 0)
    const [counted] = await sql`select count(*)::int as orders from orders where not gift_wrap`
    assert.equal(counted?.orders, load.made().size)
    assert.equal(await service.stop(), 0)
  })

  test('begins with the schema: a release on an older one is not ready, and is when it has come', async (t) => {
    const { url, sql } = await emptyDatabase(t)
    const payment = await startFakePayment(t)
    const warehouse = await startFakeWarehouse(t)
    const parts = { databaseUrl: url, paymentUrl: payment.url, inventoryUrl: warehouse.url }
    const { api } = await startService(t, parts, { PUBLIC_URL: 'https://api.example.com' })
    await eventually('a reason', async () => {
      const unready = await fetch(`${api}/readyz`)
      assert.equal(unready.status, 503)
      // It may name a busy machine first.
      return /the schema is behind: run the migrations/.test(await unready.text())
    })
    assert.equal((await fetch(`${api}/livez`)).status, 200)
    const order = { key: 'first', token: await tokenOf('ann') }
    const tooEarly = [
      () => fetch(`${api}/products`),
      () => fetch(`${api}/products/desk`),
      () => fetch(`${api}/orders`, { headers: { authorization: `Bearer ${order.token}` } }),
      () => place(api, basket('desk'), order),
    ]
    for (const ask of tooEarly) {
      const answer = await eventually('an answer that is not about a busy machine', async () => {
        const found = await ask()
        return !isBusy(await found.clone().text()) && found
      })
      await assertProblem(answer, { slug: 'service-unavailable', headers: { 'retry-after': '2' } })
    }

    await migrate(url)
    await stock(sql, { desk: 1 })
    await eventually('readiness without a restart', async () => (await fetch(`${api}/readyz`)).ok)
    assert.equal((await place(api, basket('desk'), order)).status, 201)
  })

  test('is from the last release with a tag, and each but the one in the making has to have one', () => {
    assert.equal(lastTagged(['0.1.0'], [], '0.1.0'), undefined)
    assert.equal(lastTagged(['0.1.0', '0.2.0'], ['v0.1.0'], '0.2.0'), '0.1.0')
    assert.equal(lastTagged(['0.1.0', '0.2.0'], ['v0.1.0', 'v0.2.0'], '0.2.0'), '0.2.0')
    assert.throws(() => lastTagged(['0.1.0', '0.2.0'], [], '0.2.0'), /tag of every release/)
    assert.throws(() => lastTagged(['0.1.0', '0.2.0'], ['v0.2.0'], '0.2.0'), /tag of every release/)
  })

  test('never meets a migration that is another than it was when it was released', async () => {
    const present = await fingerprints(MIGRATIONS_DIRECTORY)
    for (const release of await releases()) {
      // The first one has none until it is made: its migrations may still change.
      const list = await readFile(new URL(`${release}/migrations.sha256`, RELEASES), 'utf8').catch(
        (error) => {
          assert.equal(release, manifest.version, String(error))
          return ''
        },
      )
      assert.deepEqual(broken(list, present), [], release)
    }
    const [first = '', second = '', ...others] = present
    assert.deepEqual(broken(`${first}\n${second}\n`, present), [])
    assert.deepEqual(broken(`${first.replace(/^./, 'z')}\n`, present), [`z${first.slice(1)}`])
    assert.deepEqual(broken(`${first}\n`, [second, ...others]), [first])
  })
})

/** Somebody who looks at everything, again and again; every answer has to be a good one, and the probe too. */
function startReading(api: string) {
  let going = true
  let count = 0
  const paths = ['/products', '/products/desk', '/orders?limit=5', '/users/me', '/readyz']
  const running = (async () => {
    const authorization = `Bearer ${await tokenOf('customer-0')}`
    for (; going; count++) {
      for (const path of paths) {
        const answer = await fetch(`${api}${path}`, { headers: { authorization } })
        const text = await answer.text()
        if (!isBusy(text)) assert.equal(answer.status, 200, `${path}: ${text}`)
      }
    }
  })()
  let failure: unknown
  running.catch((error: unknown) => {
    failure = error
  })
  return {
    count() {
      if (failure !== undefined) throw failure
      return count
    },
    async end() {
      going = false
      await running
    },
  }
}

/** Whether a refusal is one of a machine that is busy, in which the schema has no part. */
const isBusy = (text: string) => /overloaded|"no answer within/.test(text)

/** Every migration as `sha256sum` writes it. */
async function fingerprints(directory: string): Promise<string[]> {
  const files = (await readdir(directory)).sort()
  const hashes = files.map(async (file) => {
    const hash = createHash('sha256').update(await readFile(join(directory, file)))
    return `${hash.digest('hex')}  migrations/${file}`
  })
  return await Promise.all(hashes)
}

/** Which lines of what was released are not among what there is. */
const broken = (released: string, present: readonly string[]) =>
  released.split('\n').filter((line) => line !== '' && !present.includes(line))
