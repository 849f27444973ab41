import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Account } from './account.ts'
import { readPostmasterFile } from './left-behind.ts'

const LOG_FILE = 'server.log'

/**
 * Starts the server and resolves when it takes connections. It leads a process group of its own: a Ctrl-C in
 * the terminal reaches the service, which drains, and not the database under it. Its log goes to a file and
 * not to a pipe, so that it outlives this process without dying of a broken one.
 *
 * @throws with the end of its log when it does not come up.
 */
export async function startPostmaster(
  directory: string,
  port: number,
  settings: Readonly<Record<string, string>>,
  account: Account,
  binary: string,
): Promise<ChildProcess> {
  const log = await open(join(directory, LOG_FILE), 'w')
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings, port: String(port) }
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(...account.command(binary, ['-D', directory, ...args]), {
    ...account.options,
    cwd: directory,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  await log.close()
  child.unref()
  const atExit = () => stopNow(child, directory)
  process.once('exit', atExit)
  child.once('exit', () => process.removeListener('exit', atExit))

  // Crash recovery may take a while; a server that is still at it after a minute is given up.
  const deadline = Date.now() + 60_000
  for (;;) {
    const file = await readPostmasterFile(directory)
    if (file?.ready === true && file.pid === child.pid) return child
    if (failure !== undefined || child.exitCode !== null || child.signalCode !== null) break
    if (Date.now() > deadline) {
      child.kill('SIGQUIT')
      break
    }
    await pause(10)
  }
  const said = await readFile(join(directory, LOG_FILE), 'utf8').catch(() => '')
  throw new Error(`PostgreSQL did not start in ${directory}: ${said.trim().slice(-2_000)}`, {
    cause: failure,
  })
}

/** Fast shutdown: sessions are ended, everything is written. Immediate after ten seconds. */
export async function stopPostmaster(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const ended = once(child, 'exit')
  child.kill('SIGINT')
  const impatience = setTimeout(() => child.kill('SIGQUIT'), 10_000)
  await ended
  clearTimeout(impatience)
}

/** For a process that is exiting and cannot await: waits two seconds at most. */
function stopNow(child: ChildProcess, directory: string): void {
  child.kill('SIGINT')
  const cell = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = 0; tries < 100 && existsSync(join(directory, 'postmaster.pid')); tries++) {
    Atomics.wait(cell, 0, 0, 20)
  }
}
