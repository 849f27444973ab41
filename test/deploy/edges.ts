import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import type { Lifetime } from '../support/postgres.ts'
import { type Program, program } from '../support/programs.ts'
import { eventually } from '../support/shop.ts'

const DIRECTORY = fileURLToPath(new URL('../../deploy/edge/', import.meta.url))

/** The real caches, with the configurations that are shipped and an origin of the test's own. */
export const edges: { name: string; needs: Program; start: StartEdge }[] = [
  { name: 'Varnish', needs: 'varnishd', start: startVarnish },
  { name: 'nginx', needs: 'nginx', start: startNginx },
]

/**
 * @param idleSeconds how long it keeps a connection to the origin that nobody uses
 * @returns the address of an edge that runs until the end of `lifetime`
 */
type StartEdge = (lifetime: Lifetime, originPort: number, idleSeconds?: number) => Promise<string>

async function startVarnish(lifetime: Lifetime, originPort: number, idleSeconds = 4): Promise<string> {
  const home = await temporary(lifetime)
  const vcl = join(home, 'default.vcl')
  await writeShipped('default.vcl', vcl, [
    ['.host = "holdfast-api";', '.host = "127.0.0.1";'],
    ['.port = "3000";', `.port = "${originPort}";`],
    // As short as an origin's answers are that say so (origin-line.ts): past it, it is the failure that lets a copy be shown.
    ['set req.grace = 30s;', 'set req.grace = 1s;'],
  ])
  const settings = [
    ...['-p', `backend_idle_timeout=${idleSeconds}`],
    // It compiles its configuration, and that takes a third of the time where nothing is made faster by it.
    ...['-p', 'cc_command=%D -O0'],
    ...['-s', 'malloc,32m'],
  ]
  const child = spawn(
    program('varnishd'),
    // No jail: it takes a user of its own, and root.
    ['-j', 'none', '-n', home, '-F', '-f', vcl, '-a', '127.0.0.1:0', ...settings],
    { stdio: 'ignore' },
  )
  endWith(lifetime, child)
  const address = async () => {
    assert.equal(child.exitCode, null, 'varnishd ended')
    const { stdout } = await promisify(execFile)(program('varnishadm'), [
      ...['-n', home, 'debug.listen_address'],
    ]).catch(() => ({ stdout: '' }))
    const [, port] = / 127\.0\.0\.1 (\d+)/.exec(stdout) ?? []
    return port === undefined ? undefined : `http://127.0.0.1:${port}`
  }
  // How long a compiler takes beside other tests says nothing of ours.
  return eventually('Varnish to listen', address, 60_000)
}

async function startNginx(lifetime: Lifetime, originPort: number, idleSeconds = 4): Promise<string> {
  const home = await temporary(lifetime)
  const port = await freePort()
  await writeShipped('nginx.conf', join(home, 'nginx.conf'), [
    ['server holdfast-api:3000', `server 127.0.0.1:${originPort}`],
    ['keepalive_timeout 4s;', `keepalive_timeout ${idleSeconds}s;`],
    ['listen 8080;', `listen 127.0.0.1:${port};`],
  ])
  // Root's nginx would hand its work to a user who cannot reach the directory.
  const settings = process.getuid?.() === 0 ? 'daemon off; user root;' : 'daemon off;'
  const child = spawn(program('nginx'), ['-p', home, '-c', 'nginx.conf', '-g', settings], { stdio: 'ignore' })
  endWith(lifetime, child)
  const address = `http://127.0.0.1:${port}`
  await eventually('nginx to listen', async () => {
    assert.equal(child.exitCode, null, 'nginx ended')
    return fetch(`${address}/livez`).catch(() => undefined)
  })
  return address
}

/** A shipped file with nothing changed but where it listens and asks. */
async function writeShipped(name: string, path: string, changes: [from: string, to: string][]) {
  let text = await readFile(join(DIRECTORY, name), 'utf8')
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `${name} has no ${from}`)
    text = text.replaceAll(from, to)
  }
  await writeFile(path, text)
}

async function temporary(lifetime: Lifetime): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-edge-'))
  lifetime.after(() => rm(home, { recursive: true, force: true }))
  return home
}

/** SIGTERM, for both have children of their own to end. */
function endWith(lifetime: Lifetime, child: ChildProcess) {
  const gone = once(child, 'exit')
  lifetime.after(async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await gone
  })
}
