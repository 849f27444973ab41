import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { lifetimeOfSuite } from '../../support/lifetime.ts'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)

/** What somebody writes who has it from a registry. */
const CONSUMER = `
import { createClient, isProblem, keysInStorage, type Client, type Representations } from '@holdfast/client'
import { useOrder } from '@holdfast/client/react'

const client: Client<2> = createClient({ baseUrl: 'https://api.example.com', version: 2, token: async () => 'token' })
const order: Representations[2]['CreateOrder'] = {
  items: [{ productId: 'desk-walnut', quantity: 1 }],
  paymentToken: 'pm_card_visa',
}
try {
  const placed = await client.orders.place(order, { signal: AbortSignal.timeout(30_000) })
  const amount: number = placed.total.amount
  console.log(amount)
} catch (error) {
  if (isProblem(error, 'insufficient-stock')) console.log(error.problem.items.map(({ available }) => available))
}
for await (const { price } of client.products.list()) console.log(price.currency)
export const hook: (client: Client<2>, id: string) => object = useOrder
export const keys = keysInStorage({ length: 0, key: () => null, getItem: () => null, setItem() {}, removeItem() {} })
// @ts-expect-error there is no version 3
createClient({ baseUrl: 'https://api.example.com', version: 3 })
// @ts-expect-error a version 1 order is one product
createClient({ baseUrl: 'https://api.example.com', version: 1 }).orders.place(order)
`

describe('The package that is published', () => {
  const lifetime = lifetimeOfSuite()
  let home: string
  let packed: { files: { path: string }[]; unpackedSize: number }

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'holdfast-client-'))
    lifetime.after(() => rm(home, { recursive: true, force: true }))
    // Packed from a copy, for packing builds.
    const source = join(home, 'clients', 'typescript')
    await cp(join(PROJECT, 'clients', 'typescript'), source, {
      recursive: true,
      filter: (path) => !path.endsWith('/dist'),
    })
    await cp(join(PROJECT, 'tsconfig.json'), join(home, 'tsconfig.json'))
    await symlink(join(PROJECT, 'node_modules'), join(home, 'node_modules'))
    const env = { ...process.env, npm_config_offline: 'true', npm_config_cache: join(home, 'cache') }
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', home], { cwd: source, env })
    // What the build says comes before.
    const [first] = JSON.parse(stdout.slice(stdout.search(/^\[/m)))
    packed = first
    const place = join(home, 'consumer', 'node_modules', '@holdfast', 'client')
    await mkdir(place, { recursive: true })
    await run('tar', ['-xzf', join(home, first.filename), '--strip-components=1', '-C', place])
    await mkdir(join(home, 'consumer', 'node_modules', '@types'))
    for (const name of ['react', '@types/react', 'csstype']) {
      await symlink(join(PROJECT, 'node_modules', name), join(home, 'consumer', 'node_modules', name))
    }
  })

  test('Holds the built client, what it is and under which licence, and nothing else', async () => {
    const kinds = new Set(packed.files.map(({ path }) => path.replace(/^dist\/[a-z-]+\./, 'dist/*.')))
    assert.deepEqual(kinds, new Set(['LICENSE', 'README.md', 'package.json', 'dist/*.d.ts', 'dist/*.js']))
    assert.ok(packed.unpackedSize < 150_000, `${packed.unpackedSize} bytes`)
    const manifest = JSON.parse(await readFile(join(PROJECT, 'clients/typescript/package.json'), 'utf8'))
    const service = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
    assert.equal(manifest.dependencies, undefined)
    assert.equal(manifest.version, service.version)
  })

  test('Is imported by plain JavaScript', async () => {
    const script = `
      import { createClient, problemSlugs } from '@holdfast/client'
      import * as react from '@holdfast/client/react'
      const client = createClient({ baseUrl: 'http://127.0.0.1:9', version: 2, retry: { maxAttempts: 1 } })
      const error = await client.products.get('desk').catch((error) => error)
      console.log(problemSlugs.length > 20, error.name, Object.keys(react).join())`
    await writeFile(join(home, 'consumer', 'plain.mjs'), script)
    const { stdout } = await run(process.execPath, ['plain.mjs'], { cwd: join(home, 'consumer') })
    assert.equal(stdout, 'true NetworkError useOrder\n')
  })

  for (const [name, options] of Object.entries({
    'for Node': { module: 'nodenext', lib: ['esnext', 'dom'] },
    'for a bundler': { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] },
  })) {
    test(`Has types that a strict compiler takes ${name}, without help from Node's`, async () => {
      const compilerOptions = {
        ...options,
        target: 'es2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: [],
      }
      await writeFile(join(home, 'consumer', 'consumer.mts'), CONSUMER)
      await writeFile(
        join(home, 'consumer', 'tsconfig.json'),
        JSON.stringify({ compilerOptions, files: ['consumer.mts'] }),
      )
      const tsc = join(PROJECT, 'node_modules', '.bin', 'tsc')
      await run(tsc, ['-p', '.'], { cwd: join(home, 'consumer') }).catch(({ stdout }) => assert.fail(stdout))
    })
  }

  test('Its types are what openapi.yaml says', async () => {
    const generate = join(PROJECT, 'clients', 'typescript', 'generate.ts')
    await run(process.execPath, [generate, '--check']).catch(({ stderr }) => assert.fail(stderr))
  })
})
