import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import type { Lifetime } from './postgres.ts'
import { program } from './programs.ts'

/**
 * A Redis of the test's own, in memory alone, on one port that it keeps when it is started again.
 *
 * @throws Error where redis-server is not installed; a suite says so by `needs('redis-server')`
 */
export async function startRedis(lifetime: Lifetime, ...settings: string[]) {
  const port = await freePort()
  let child: ChildProcess | undefined

  async function start(): Promise<void> {
    const where = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
    const started = spawn(program('redis-server'), [...where, ...settings], { cwd: '/' })
    child = started
    for await (const line of createInterface({ input: started.stdout })) {
      if (line.includes('Ready to accept connections')) break
    }
    started.stdout.resume()
    if (started.exitCode !== null) throw new Error('redis-server did not start')
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  lifetime.after(kill)
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill,
    /** It keeps its connections, takes new ones, and answers none. */
    hang: () => child?.kill('SIGSTOP'),
    wake: () => child?.kill('SIGCONT'),
    /** A client of the test's own. */
    connect(): Redis {
      const client = new Redis({ port, host: '127.0.0.1' })
      lifetime.after(async () => client.disconnect())
      return client
    },
  }
}
