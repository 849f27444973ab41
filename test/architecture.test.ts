import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['plugins', 'src', 'sandbox', 'test', 'bench', 'clients', 'examples']
const manifest = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'))

interface Source {
  /** From the project's root, with slashes. */
  path: string
  text: string
  /** The text without comments, so that prose about a thing is not taken for the thing. */
  code: string
  /** What it imports: paths from the project's root, or names of packages. */
  imports: string[]
}

const sources: Source[] = FOLDERS.flatMap(sourcesIn)
const inFolder = (...folders: string[]) =>
  sources.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)))
const service = inFolder('src', 'plugins')

function sourcesIn(folder: string): Source[] {
  if (!existsSync(join(PROJECT, folder))) return []
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const path = join(folder, file).replaceAll('\\', '/')
      const text = readFileSync(join(PROJECT, path), 'utf8')
      const code = text.replaceAll(/^\s*(?:\/\*.*|\*.*|\/\/.*)$/gm, '')
      return { path, text, code, imports: importsOf(path, code) }
    })
}

function importsOf(path: string, code: string): string[] {
  const found = code.matchAll(
    /^(?:(?:import|export)\b[^'\n]*from|\} from|import) '([^']+)'|\bimport\('([^']+)'\)/gm,
  )
  return [...found].map(([, named = '', specifier = named]) => {
    if (specifier.startsWith('.')) return join(dirname(path), specifier)
    return specifier.startsWith('#') ? specifier.slice(1) : specifier
  })
}

/** The files of which something holds, as a list that reads well when it should be empty. */
const filesWhere = (among: Source[], holds: (source: Source) => boolean) =>
  among.filter(holds).map(({ path }) => path)

const importsFrom =
  (...folders: string[]) =>
  ({ imports }: Source) =>
    imports.some((path) => folders.some((folder) => path.startsWith(`${folder}/`)))

const camelCase = (name: string) => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

describe('The arrows point one way', () => {
  test('Every import of ours leads to a file', () => {
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter((one) => FOLDERS.includes(one.split('/')[0] ?? '') && !existsSync(join(PROJECT, one)))
        .map((one) => `${path}: ${one}`),
    )
    assert.deepEqual(missing, [])
  })

  test('Plugins know nothing of ours but plugins', () => {
    assert.deepEqual(
      filesWhere(
        inFolder('plugins'),
        importsFrom('src', 'sandbox', 'test', 'bench', 'migrations', 'clients', 'examples'),
      ),
      [],
    )
  })

  test('The service knows neither sandbox nor tests nor benchmarks, and the sandbox no tests', () => {
    const outside = ['test', 'bench', 'clients', 'examples']
    assert.deepEqual(filesWhere(inFolder('src'), importsFrom('sandbox', ...outside)), [])
    assert.deepEqual(filesWhere(inFolder('sandbox'), importsFrom(...outside)), [])
  })

  test('What is published for clients imports nothing but itself, and examples nothing but clients', () => {
    const published = inFolder('clients').filter(({ path }) => path.includes('/src/'))
    const foreign = published.flatMap(({ path, imports }) =>
      imports
        .filter((one) => !one.startsWith(`${path.split('/src/')[0]}/src/`))
        .map((one) => `${path}: ${one}`),
    )
    assert.deepEqual(foreign, ['clients/typescript/src/react.ts: react'])
    const strays = inFolder('examples').flatMap(({ path, imports }) =>
      imports.filter((one) => !/^(?:clients|examples)\//.test(one)).map((one) => `${path}: ${one}`),
    )
    assert.deepEqual(strays, [])
  })

  test('No room reaches into the store of another', () => {
    const rooms = ['src/orders', 'src/products', 'src/users']
    const strays = rooms.flatMap((room) =>
      filesWhere(inFolder(room), ({ imports }) =>
        imports.some((path) => /^src\/\w+\/store\.ts$/.test(path) && !path.startsWith(`${room}/`)),
      ),
    )
    assert.deepEqual(strays, [])
  })

  test('Only the table of versions, and the document made of it, knows what a version looks like', () => {
    const knowing = filesWhere(inFolder('src'), ({ imports }) =>
      imports.some((path) => /\/v\d+\.ts$/.test(path)),
    )
    const strays = knowing.filter((path) => !/\/versions\.ts$|^src\/openapi\//.test(path))
    assert.deepEqual(strays, [])
  })

  test('What the image carries imports no package of development', () => {
    const production = new Set([...Object.keys(manifest.dependencies), ...builtinModules])
    const foreign = service.flatMap(({ path, imports }) =>
      imports
        .filter((one) => !/^(?:node:|src\/|plugins\/|package\.json$)/.test(one))
        .map((one) =>
          (one.startsWith('@') ? one.split('/').slice(0, 2) : one.split('/').slice(0, 1)).join('/'),
        )
        .filter((name) => !production.has(name))
        .map((name) => `${path}: ${name}`),
    )
    assert.deepEqual(foreign, [])
  })
})

describe('The database is spoken to in single statements', () => {
  const served = service.filter(({ path }) => path !== 'src/database/migrate.ts')

  test('No transaction and no connection is held, and nothing is kept in a session', () => {
    const held =
      /\.begin\(|(?<!inventory)\.reserve\(|\bsql\.(?:listen|notify|subscribe)\(|\bLISTEN\b|\blisten [a-z_]+\b.*`|advisory_lock|\bset (?:local|session)\b/
    assert.deepEqual(
      filesWhere(served, ({ code }) => held.test(code)),
      [],
    )
  })

  test('SQL stands in stores and statements', () => {
    /** The few others, and why. */
    const known = new Map([
      ['src/health.ts', 'asks whether the database answers'],
      ['plugins/database/pool.ts', 'asks whether anybody answers'],
      ['src/database/schema-version.ts', 'asks how far it is migrated'],
    ])
    const written = filesWhere(served, ({ code }) => /\bsql(?:<[^`]*>)?`/.test(code))
    const strays = written.filter((path) => !/(?:store|statement)\.ts$/.test(path) && !known.has(path))
    assert.deepEqual(strays, [])
  })

  test('Migrations are numbered without a gap, explained, and lead forward only', () => {
    const files = readdirSync(join(PROJECT, 'migrations')).sort()
    for (const [index, file] of files.entries()) {
      assert.match(file, new RegExp(`^${String(index + 1).padStart(4, '0')}_[a-z_]+\\.sql$`))
      const text = readFileSync(join(PROJECT, 'migrations', file), 'utf8')
      assert.match(text, /^-- \S/, `${file} begins by saying what it is for`)
      assert.doesNotMatch(text, /^-- down migration/im, file)
    }
  })
})

describe('Things are what they are called', () => {
  const plugins = inFolder('plugins').filter(({ path }) => path.split('/').length === 2)
  const names = plugins.map(({ path }) => basename(path, '.ts'))

  test("A plugin's file, its name and its export are one word", () => {
    for (const { path, code } of plugins) {
      const name = basename(path, '.ts')
      const registered = [...code.matchAll(/export const (\w+) = fp\b/g)].map(([, word]) => word)
      // Or there is nothing to register: only functions for handlers.
      assert.deepEqual(registered, code.includes("'fastify-plugin'") ? [camelCase(name)] : [], path)
      if (registered.length > 0) {
        assert.match(code, new RegExp(`\\{ name: '${name}', fastify: '5\\.x'`), `${path} names itself`)
      }
    }
  })

  test('A plugin depends on plugins that there are', () => {
    for (const { path, code } of plugins) {
      const [, list = ''] = /fastify: '5\.x', dependencies: \[([^\]]*)\]/.exec(code) ?? []
      for (const [, name = ''] of list.matchAll(/'([^']+)'/g))
        assert.ok(names.includes(name), `${path}: ${name}`)
    }
  })

  test('The parts of a plugin live in the folder of its name', () => {
    const folders = new Set(inFolder('plugins').map(({ path }) => path.split('/')[1] ?? ''))
    const homeless = [...folders].filter((one) => !one.endsWith('.ts') && !names.includes(one))
    assert.deepEqual(homeless, [])
  })

  test('No file is a drawer, a barrel, or written in another case', () => {
    const badly = filesWhere(sources, ({ path }) => {
      const name = basename(path).replace(/(?:\.test|\.d)?\.ts$/, '')
      return !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) || /^(?:index|utils?|helpers?|common|misc)$/.test(name)
    })
    assert.deepEqual(badly, [])
    assert.deepEqual(
      filesWhere(sources, ({ code }) => /^export default\b|^export \* from/m.test(code)),
      [],
    )
  })

  test('Hardly a file is longer than 200 lines, and each that is says why', () => {
    const long = new Map([
      ['src/config/schema.ts', 'every setting in order; two sections have files of their own'],
      ['src/orders/order.ts', 'the whole state machine, read at one go'],
    ])
    const tooLong = filesWhere(service, ({ path, text }) => text.split('\n').length > 201 && !long.has(path))
    assert.deepEqual(tooLong, [])
  })

  test('The environment is read where a process begins, and handed on', () => {
    const readers = filesWhere(service, ({ code }) => /process\.env\b/.test(code))
    assert.deepEqual(readers.sort(), [
      'src/config/show.ts',
      'src/database/migrate.ts',
      'src/main.ts',
      'src/products/catalogue.ts',
    ])
  })
})
