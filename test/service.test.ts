import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { needsOwnMounts, ownMounts } from './support/namespaces.ts'
import { COMPILE_CACHE, SECRET } from './support/service.ts'
import { eventually } from './support/shop.ts'

const PROJECT = fileURLToPath(new URL('..', import.meta.url))
const MAIN = join(PROJECT, 'src/main.ts')
/** Long enough for npm, a shell and the service to be loaded on a machine that does much else. */
const START_MS = 120_000

/** `npm run serve`, where nothing that it needs is there. */
function spawnService(env: Record<string, string>, prefix: readonly string[] = []) {
  return spawnIn(env, [...prefix, process.execPath, '--import', COMPILE_CACHE, MAIN])
}

function spawnIn(env: Record<string, string>, [command = '', ...args]: readonly string[]) {
  return spawn(command, args, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      OPS_PORT: '0',
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
      AUTH_JWT_SECRET: SECRET,
      PAYMENT_API_KEY: 'sk_test_fake',
      INVENTORY_URL: 'http://127.0.0.1:9',
      SMTP_URL: 'smtp://127.0.0.1:9',
      ...env,
    },
  })
}

/** What it says and ends with, that cannot start. */
async function serve(env: Record<string, string>) {
  const child = spawnService(env)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  const lines = out.split('\n').filter((line) => line !== '')
  return { logs: lines.map((line): Record<string, unknown> => JSON.parse(line)), err, code }
}

async function takenPort(t: { after(cleanUp: () => unknown): void }): Promise<string> {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const address = taken.address()
  assert.ok(address !== null && typeof address === 'object')
  return String(address.port)
}

for (const [name, listener] of [
  ['PORT', 'api'],
  ['OPS_PORT', 'operations'],
] as const) {
  test(`With ${name} taken, one line says where it cannot listen, and none that anything does`, async (t) => {
    const port = await takenPort(t)
    const { logs, err, code } = await serve({ [name]: port })
    assert.equal(code, 1)
    assert.equal(err, '')
    const messages = logs.map(({ msg }) => String(msg))
    assert.deepEqual(
      messages.filter((message) => /(?: listens at | cannot be opened )/.test(message)),
      [`${listener} listener cannot be opened at http://127.0.0.1:${port}: ${inUse(port)}`],
    )
    assert.equal(logs.at(-1)?.level, 'fatal')
    assert.equal(logs.find(({ msg }) => msg === 'shut down')?.exitCode, 1)
  })
}

const inUse = (port: string) => `listen EADDRINUSE: address already in use 127.0.0.1:${port}`

test('A HOST that is not of this machine is named', async () => {
  // RFC 5737: nobody has it.
  const { logs, err, code } = await serve({ HOST: '192.0.2.1', PORT: '8080' })
  assert.equal(code, 1)
  assert.equal(err, '')
  assert.match(String(logs.at(-1)?.msg), /^api listener cannot be opened at http:\/\/192\.0\.2\.1:8080: /)
})

test('Told to end as soon as it can hear, it ends at once and well, and says so', async () => {
  // Sent by itself, for nobody else knows the moment: from outside it would come too early or too late.
  const tell = `process.on('newListener', (name) => name === 'SIGTERM' && process.kill(process.pid, name))`
  const { logs, code } = await serve({
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
  })
  assert.equal(code, 0)
  assert.deepEqual(
    logs.map(({ msg, reason }) => `${msg}: ${reason}`),
    ['told to end before it listened: SIGTERM'],
  )
})

test('npm that is told to end ends what it runs, which it reaches through a shell', async (t) => {
  const npm = spawnIn({ DRAIN_SECONDS: '0' }, ['npm', 'run', '--silent', 'serve'])
  const logs: { pid: number; msg: string }[] = []
  const lines = createInterface({ input: npm.stdout }).on('line', (line) => logs.push(JSON.parse(line)))
  t.after(() => {
    npm.kill('SIGKILL')
    for (const { pid } of logs.slice(0, 1)) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  const listening = () => logs.filter(({ msg }) => / listens at /.test(msg)).length === 2
  await eventually('its listeners', listening, START_MS)
  npm.kill('SIGTERM')
  // The end of its output, which all that it started have closed.
  await once(lines, 'close', { signal: AbortSignal.timeout(START_MS) })
  assert.equal(logs.at(-1)?.msg, 'shut down')
  // As the others do that run until they are told to end.
  const { scripts } = JSON.parse(await readFile(join(PROJECT, 'package.json'), 'utf8'))
  for (const script of ['start', 'dev']) assert.match(scripts[script], /^exec node /)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test(
  'A HOST of several addresses is listened on at the first, which is the one that is said',
  needsOwnMounts(),
  async (t) => {
    const home = await mkdtemp(join(tmpdir(), 'holdfast-hosts-'))
    t.after(() => rm(home, { recursive: true, force: true }))
    const hosts = join(home, 'hosts')
    await writeFile(hosts, '127.0.0.1 localhost\n::1 localhost\n')
    const mounted = ['sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
    const env = { HOST: 'localhost', OPS_HOST: 'LOCALHOST', DRAIN_SECONDS: '0' }
    const child = spawnService(env, [...ownMounts(), ...mounted])
    t.after(() => child.kill('SIGKILL'))
    const exit = once(child, 'exit')
    const addresses: URL[] = []
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, address] = / listens at (\S+)$/.exec(JSON.parse(line).msg) ?? []
      if (address !== undefined) addresses.push(new URL(address))
    })
    await eventually('both listeners', () => addresses.length === 2, START_MS)
    for (const { hostname, port } of addresses) {
      const here = hostname.replace(/^\[(.*)\]$/, '$1')
      const elsewhere = here === '::1' ? '127.0.0.1' : '::1'
      assert.equal(await canConnect(here, Number(port)), true, here)
      assert.equal(await canConnect(elsewhere, Number(port)), false, elsewhere)
    }
    child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
  },
)

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
