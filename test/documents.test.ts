import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { variables } from '#src/config/variables.ts'
import { exampleOrder, exampleOrderPage } from '#src/openapi/examples/orders.ts'
import type { OrderVersions } from '#src/orders/versions.ts'
import { problems } from '#src/problems.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8')
const manifest = JSON.parse(read('package.json'))

const pages = globSync(['*.md', 'docs/**/*.md', 'bench/**/*.md'], { cwd: PROJECT }).map((path) => ({
  path,
  text: read(path),
  prose: read(path).replaceAll(/```.*?```/gs, ''),
}))

/** What GitHub makes of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** The words in backticks of a page. */
const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word)

/** The cells of every row of the tables in a text, header rows and rules left out. */
const rowsOf = (text: string) =>
  [...text.matchAll(/^\|(.+)\|$/gm)]
    .map(([, row = '']) => row.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.some((cell) => !/^-*$/.test(cell)))

const codeNames = (rows: string[][]) => rows.flatMap(([first = '']) => /^`([^`]+)`$/.exec(first)?.[1] ?? [])

describe('What documents name is there', () => {
  test('Every relative link leads somewhere', () => {
    const broken = pages.flatMap(({ path, prose }) =>
      [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [file = '', anchor] = target.split('#')
          const there = file === '' ? path : join(dirname(path), file)
          if (!existsSync(join(PROJECT, there))) return true
          if (anchor === undefined) return false
          return !(read(there).match(/^#+ .*$/gm) ?? []).some(
            (line) => anchorOf(line.replace(/^#+ /, '')) === anchor,
          )
        })
        .map((target) => `${path}: ${target}`),
    )
    assert.deepEqual(broken, [])
  })

  test('Every file in backticks exists', () => {
    const folders = new Set(readdirSync(PROJECT))
    const missing = pages.flatMap(({ path, prose }) =>
      quoted(prose)
        .filter((word) => /^\.?[\w*-]+(?:\/[\w.*-]+)+$/.test(word) && folders.has(word.split('/')[0] ?? ''))
        .filter((word) => globSync(word, { cwd: PROJECT }).length === 0)
        // A file that an example adds.
        .filter((word) => !(path === 'docs/versions.md' && word === 'src/orders/v3.ts'))
        .map((word) => `${path}: ${word}`),
    )
    assert.deepEqual(missing, [])
  })

  test('Every npm script that is named exists', () => {
    const unknown = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/npm run ([a-z-]+)/g)]
        .map(([, script = '']) => script)
        .filter((script) => !(script in manifest.scripts))
        .map((script) => `${path}: ${script}`),
    )
    assert.deepEqual(unknown, [])
  })
})

describe('What there is is in the documents', () => {
  test('Every npm script', () => {
    const text = read('README.md')
    const unnamed = Object.keys(manifest.scripts).filter(
      (script) => !new RegExp(`npm (?:run )?${script}\\b`).test(text),
    )
    assert.deepEqual(unnamed, [])
  })

  test('Every setting of the service, and of its sandbox', () => {
    const named = new Set(quoted(read('docs/operations.md')))
    const sandbox = globSync('sandbox/**/*.ts', { cwd: PROJECT })
      .flatMap((path) => read(path).match(/(?<=')SANDBOX_[A-Z_]+(?=')/g) ?? [])
      .concat(read('sandbox/start/state.ts').match(/(?<=env\.)SANDBOX_[A-Z_]+/g) ?? [])
    const unnamed = [...variables.map(({ name }) => name), ...sandbox].filter((name) => !named.has(name))
    assert.deepEqual(unnamed, [])
  })

  test('Every plugin, and none that is gone', () => {
    const table = read('docs/architecture.md').split('## Plugins')[1] ?? ''
    const files = globSync('plugins/*.ts', { cwd: PROJECT }).map((path) => basename(path, '.ts'))
    assert.deepEqual(codeNames(rowsOf(table)), files.sort())
  })

  test('Every problem, with its status and whether it is worth another try', () => {
    const written = rowsOf(read('docs/problems.md'))
      .filter(([slug = '']) => slug.startsWith('`'))
      .map(([slug = '', status, again]) => [slug.slice(1, -1), Number(status), again === 'yes'])
    const declared = Object.entries(problems).map(([slug, { status, retryable }]) => [
      slug,
      status,
      retryable,
    ])
    assert.deepEqual(written.sort(), declared.sort())
  })

  test('Every library, and none that is gone', () => {
    const written = codeNames(rowsOf(read('docs/libraries.md')))
    const installed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
    assert.deepEqual(written.sort(), installed.sort())
  })

  test('Every decision, numbered without a gap', () => {
    const files = globSync('docs/decisions/0*.md', { cwd: PROJECT }).map((path) => basename(path))
    for (const [index, file] of files.sort().entries()) {
      assert.match(read(`docs/decisions/${file}`), new RegExp(`^# ${index + 1}\\. `), file)
      assert.match(read('docs/decisions/README.md'), new RegExp(`^- \\[.*\\]\\(${file}\\)$`, 'm'), file)
    }
  })

  test('The figures of every dependency', () => {
    const figures = ['deadlineMs', 'attemptTimeoutMs', 'retries', 'baseDelayMs', 'bulkhead']
    const columns = ['payment', 'inventory', 'email'].map((name) =>
      figures.map((figure) => {
        const [, value = ''] =
          new RegExp(`${figure}: ([\\d_]+)`).exec(read(`src/dependencies/${name}.ts`)) ?? []
        return value.replaceAll('_', '')
      }),
    )
    const table =
      (read('docs/resilience.md').split('## The matrix')[0] ?? '').split('## The figures')[1] ?? ''
    const rows = rowsOf(table).slice(1)
    assert.deepEqual(
      rows.map((row) => row.slice(1)),
      figures.map((_, index) => columns.map((column) => column[index])),
    )
  })

  test('The newest version', () => {
    const [, newest] = /^## (\d\S*)/m.exec(read('CHANGELOG.md')) ?? []
    assert.equal(newest, manifest.version)
  })
})

describe('What documents say works', () => {
  test('The README begins with three sentences and two commands', () => {
    const [, opening = '', commands = ''] =
      /^# Holdfast\n\n(.*?)\n\n```sh\n(.*?)\n```/s.exec(read('README.md')) ?? []
    assert.equal(opening.match(/\.(?=\s|$)/g)?.length, 3)
    // Without comments: some shells would take them for arguments.
    assert.deepEqual(commands.split('\n'), ['npm ci && npm start', 'npm ci && npm test'])
  })

  test('A version 3 of orders, as it is described, compiles, reads and writes', {
    timeout: 60_000,
  }, async (t) => {
    const [file = '', line = ''] = [...read('docs/versions.md').matchAll(/```ts\n(.*?)```/gs)].map(
      ([, code = '']) => code,
    )
    // Below the project, for its imports are the project's.
    const home = join(PROJECT, '.holdfast')
    await mkdir(home, { recursive: true })
    const directory = await mkdtemp(join(home, 'example-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    await writeFile(join(directory, 'v3.ts'), file.replaceAll("from './", "from '#src/orders/"))
    await writeFile(
      join(directory, 'versions.ts'),
      `import { defineVersion, orderVersions } from '#src/orders/versions.ts'
       import * as v3 from './v3.ts'
       export const versions = { ...orderVersions, ${line} }`,
    )
    await writeFile(
      join(directory, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        include: ['.'],
        compilerOptions: { types: ['node'] },
      }),
    )
    const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url))
    await promisify(execFile)(tsc, ['--noEmit', '-p', directory]).catch(({ stdout }) => assert.fail(stdout))

    const example: { versions: OrderVersions } = await import(
      pathToFileURL(join(directory, 'versions.ts')).href
    )
    const third = example.versions[3]
    assert.ok(third !== undefined)
    const { id, status } = exampleOrder
    const written = { id, status, total: `${(exampleOrder.total / 100).toFixed(2)} ${exampleOrder.currency}` }
    assert.deepEqual(JSON.parse(third.write(exampleOrder)), written)
    assert.deepEqual(JSON.parse(third.writeList([exampleOrder], exampleOrderPage)).items, [written])
    const request = { items: [{ productId: 'desk-walnut', quantity: 1 }], paymentToken: 'pm_card_visa' }
    assert.deepEqual(third.read(request), request)
  })
})
