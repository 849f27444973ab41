import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, cp, link, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { lifetimeOfSuite } from './support/lifetime.ts'
import { createDatabase, type Lifetime } from './support/postgres.ts'
import { SECRET } from './support/service.ts'
import { eventually } from './support/shop.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const AT_MOST_BYTES = 100 * 1024 * 1024
const IMAGE_USER = { uid: 1000, gid: 1000 }

interface Instruction {
  word: string
  rest: string
}

type Stage = Instruction[]

/** The stages of a Dockerfile that uses what ours uses: no heredocs, no variables, no globs. */
function readStages(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
  const stages: Stage[] = []
  for (const line of lines.split('\n').filter((one) => one.trim() !== '')) {
    const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    if (word === 'FROM') stages.push([])
    stages.at(-1)?.push({ word, rest })
  }
  return stages
}

const only = (stage: Stage, word: string): string => {
  const found = stage.filter((one) => one.word === word)
  assert.equal(found.length, 1, `one ${word} in the last stage`)
  return found[0]?.rest ?? ''
}

/** Makes the files of a stage in `root`, with those of the stages before it at hand in `others`. */
async function build(stage: Stage, root: string, others: Map<string, string>): Promise<void> {
  let directory = root
  for (const { word, rest } of stage) {
    if (word === 'WORKDIR') directory = join(root, rest)
    await mkdir(directory, { recursive: true })
    if (word === 'RUN' && rest.startsWith('npm ')) {
      const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_audit: 'false' }
      await promisify(execFile)('sh', ['-c', rest], { cwd: directory, env }).catch(({ stderr }) =>
        // Past its first lines it explains every option it has.
        assert.fail(`${rest}\n${stderr.split('\n').slice(0, 12).join('\n')}`),
      )
    }
    if (word !== 'COPY') continue
    const [, from, paths = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(rest) ?? []
    const words = paths.split(' ')
    const target = join(directory, words.pop() ?? '')
    const source = from === undefined ? PROJECT : (others.get(from) ?? '')
    for (const path of words) {
      const isDirectory = (await stat(join(source, path))).isDirectory()
      await cp(join(source, path), isDirectory ? target : join(target, basename(path)), { recursive: true })
    }
  }
}

/** Everything below, directories too, deepest last. */
async function walk(root: string): Promise<{ path: string; bytes: number; isDirectory: boolean }[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() || entry.isDirectory())
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path, bytes: (await stat(path)).size, isDirectory: entry.isDirectory() }
    }),
  )
}

async function setWritable(root: string, writable: boolean): Promise<void> {
  const write = writable ? 0o200 : 0
  if (writable) await chmod(root, 0o755)
  for (const { path, isDirectory } of await walk(root)) {
    if (isDirectory) await chmod(path, 0o555 | write)
    else if (!writable) await chmod(path, 0o444)
  }
  await chmod(root, 0o555 | write)
}

/** Where the image would be, on a file system that nobody can write to. */
async function buildImage(lifetime: Lifetime) {
  const stages = readStages(await readFile(join(PROJECT, 'Dockerfile'), 'utf8'))
  const home = await mkdtemp(join(tmpdir(), 'holdfast-image-'))
  lifetime.after(() => rm(home, { recursive: true, force: true }))
  // The user of the image has to reach it, and the Node that runs this test, wherever that one lives.
  await chmod(home, 0o755)
  const node = join(home, 'node')
  await link(process.execPath, node).catch(() => copyFile(process.execPath, node))
  const roots = new Map<string, string>()
  let root = ''
  for (const [index, stage] of stages.entries()) {
    root = join(home, `stage-${index}`)
    await build(stage, root, roots)
    const [, name = String(index)] = / AS (\S+)$/.exec(stage[0]?.rest ?? '') ?? []
    roots.set(name, root)
  }
  const last = stages.at(-1) ?? []
  const app = join(root, only(last, 'WORKDIR'))
  await setWritable(app, false)
  lifetime.after(() => setWritable(app, true))
  return { app, node, last }
}

function environmentOf(last: Stage): Record<string, string> {
  const pairs = last
    .filter(({ word }) => word === 'ENV')
    .flatMap(({ rest }) => [...rest.matchAll(/(\S+?)=(\S+)/g)])
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]))
}

describe('The image', { timeout: 120_000 }, () => {
  const lifetime = lifetimeOfSuite()
  let image: Awaited<ReturnType<typeof buildImage>>
  let env: Record<string, string>

  before(async () => {
    image = await buildImage(lifetime)
    env = {
      ...environmentOf(image.last),
      // Nothing below these can be written either.
      HOME: image.app,
      TMPDIR: image.app,
      DATABASE_URL: await createDatabase(lifetime),
      HOST: '127.0.0.1',
      PORT: '0',
      OPS_PORT: '0',
      DRAIN_SECONDS: '0',
      AUTH_JWT_SECRET: SECRET,
      PAYMENT_API_KEY: 'sk_test_image',
      // Nothing listens at port 9: it starts whatever is away.
      INVENTORY_URL: 'http://127.0.0.1:9',
      SMTP_URL: 'smtp://127.0.0.1:9',
      EMAIL_FROM: 'orders@shop.test',
    }
  })

  function run(args: string[]): ChildProcess {
    const child = spawn(image.node, args, {
      cwd: image.app,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(process.getuid?.() === 0 ? IMAGE_USER : {}),
    })
    lifetime.after(async () => void child.kill('SIGKILL'))
    return child
  }

  test('carries the service and its dependencies, and nothing else', async () => {
    const names = await readdir(image.app)
    assert.deepEqual(names.sort(), [
      'migrations',
      'node_modules',
      'openapi.yaml',
      'package-lock.json',
      'package.json',
      'plugins',
      'src',
    ])
    const { packages } = JSON.parse(await readFile(join(image.app, 'package-lock.json'), 'utf8'))
    for (const path of Object.keys(packages).filter((one) => packages[one].dev === true)) {
      await assert.rejects(stat(join(image.app, path)), { code: 'ENOENT' }, `${path} is for development`)
    }
    const bytes = (await walk(image.app)).reduce((sum, file) => sum + file.bytes, 0)
    assert.ok(bytes < AT_MOST_BYTES, `${bytes} bytes`)
  })

  test('lets nothing into its build that it does not copy', async () => {
    const lines = (await readFile(join(PROJECT, '.dockerignore'), 'utf8')).split('\n')
    const rules = lines.filter((line) => line !== '' && !line.startsWith('#'))
    assert.equal(rules[0], '*')
    const stages = readStages(await readFile(join(PROJECT, 'Dockerfile'), 'utf8')).flat()
    const copied = stages
      .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
      .flatMap(({ rest }) => rest.split(' ').slice(0, -1))
    assert.deepEqual(rules.slice(1).sort(), [...new Set(copied)].map((path) => `!${path}`).sort())
  })

  test('is pinned to the Node and the version of package.json, and runs as nobody of importance', async () => {
    const manifest = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
    const bases = (await readFile(join(PROJECT, 'Dockerfile'), 'utf8')).match(/^FROM \S+/gm)
    const pinned = `FROM node:${manifest.devDependencies.node}-trixie-slim`
    assert.deepEqual(bases, [pinned, pinned])
    assert.ok(only(image.last, 'LABEL').includes(`image.version="${manifest.version}"`))
    assert.equal(only(image.last, 'USER'), `${IMAGE_USER.uid}:${IMAGE_USER.gid}`)
    assert.equal(only(image.last, 'STOPSIGNAL'), 'SIGTERM')
    assert.equal(environmentOf(image.last).NODE_ENV, 'production')
  })

  test('migrates, becomes ready, serves, and ends on SIGTERM with 0, on files it cannot write', async () => {
    const migration = run(['src/database/migrate.ts'])
    assert.deepEqual(await once(migration, 'exit'), [0, null])

    const [program, ...args] = JSON.parse(only(image.last, 'CMD'))
    assert.equal(program, 'node')
    const service = run(args)
    const exit = once(service, 'exit')
    let api: string | undefined
    assert.ok(service.stdout)
    createInterface({ input: service.stdout }).on('line', (line) => {
      api ??= /^api listens at (\S+)$/.exec(JSON.parse(line).msg)?.[1]
    })
    const address = await eventually('the API to listen', () => {
      assert.equal(service.exitCode, null, 'the service ended before it listened')
      return api
    })
    await eventually('/readyz to be 200', async () => (await fetch(`${address}/readyz`)).ok)
    for (const path of [
      '/livez',
      '/health',
      '/products',
      '/openapi.yaml',
      '/docs/swagger-ui-bundle.js',
      '/problems',
    ]) {
      assert.equal((await fetch(`${address}${path}`)).status, 200, path)
    }
    service.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
  })
})
