import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import type { Lifetime } from '../support/postgres.ts'
import { program } from '../support/programs.ts'
import { eventually } from '../support/shop.ts'

/** It refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 }

/**
 * A real PgBouncer in transaction mode, with its own settings for everything else.
 *
 * @returns the URL of the same database through it
 */
export async function startPgBouncer(lifetime: Lifetime, databaseUrl: string): Promise<string> {
  const { hostname, port, pathname, username, password } = new URL(databaseUrl)
  const name = pathname.slice(1)
  const home = await mkdtemp(join(tmpdir(), 'holdfast-pgbouncer-'))
  const listens = await freePort()
  const file = join(home, 'pgbouncer.ini')
  await writeFile(
    file,
    `[databases]
${name} = host=${hostname} port=${port} dbname=${name} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listens}
unix_socket_dir =
auth_type = any
pool_mode = transaction
`,
  )
  await chmod(home, 0o755)
  await chmod(file, 0o644)
  const child = spawn(program('pgbouncer'), [file], {
    stdio: 'ignore',
    ...(process.getuid?.() === 0 && NOBODY),
  })
  lifetime.after(async () => {
    child.kill('SIGKILL')
    await rm(home, { recursive: true, force: true })
  })
  await eventually('PgBouncer to listen', () => listensAt(listens))
  const through = new URL(databaseUrl)
  through.port = String(listens)
  return through.href
}

function listensAt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
