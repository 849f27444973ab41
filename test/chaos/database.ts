import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { migrate } from '#src/database/migrate.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../sandbox/embedded-postgres.ts'
import { readPostmasterFile } from '../../sandbox/postgres/left-behind.ts'
import type { Lifetime } from '../support/postgres.ts'
import { startTcpProxy } from './tcp-proxy.ts'

export type ChaosDatabase = Awaited<ReturnType<typeof startDatabase>>

/** The kinds of crash: a backend is killed and takes the server through recovery; or the whole server goes. */
export type Crash = 'a backend is killed' | 'immediate shutdown' | 'stopped'

/** A server of its own, fsync on, that can be crashed; migrated, behind a network that can be cut. */
export async function startDatabase(lifetime: Lifetime) {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-chaos-'))
  const directory = join(home, 'postgres')
  const start = (port?: number) =>
    startEmbeddedPostgres({ directory, settings: { max_connections: '200' }, ...(port && { port }) })
  let server: EmbeddedPostgres = await start()
  let frozen: number[] = []
  lifetime.after(async () => {
    for (const pid of frozen) process.kill(pid, 'SIGCONT')
    await server.stop()
    await rm(home, { recursive: true, force: true })
  })
  await migrate(server.url)

  const port = Number(new URL(server.url).port)
  const proxy = await startTcpProxy(lifetime, () => port)
  const url = new URL(server.url)
  url.port = String(proxy.port)
  const sql = postgres(server.url, {
    max: 2,
    onnotice: () => {},
    connection: { application_name: 'observer' },
    types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
  })
  lifetime.after(() => sql.end({ timeout: 1 }))

  return {
    /** What the service connects to. */
    url: url.href,
    /** Past the network that is cut. */
    directUrl: server.url,
    /** The observer's own way in, past the network that is cut. */
    sql,
    proxy,

    /** Ends that many sessions of the service, chosen at random. @returns how many there were to end */
    async terminate(most: number, random: () => number): Promise<number> {
      const pids = shuffle(await sessions(), random).slice(0, most)
      await sql`select pg_terminate_backend(pid) from unnest(${pids}::int[]) as pid`
      return pids.length
    },

    async crash(how: Crash): Promise<void> {
      if (how === 'a backend is killed') {
        const [pid] = await sessions()
        if (pid !== undefined) process.kill(pid, 'SIGKILL')
        return
      }
      await this.stop(how === 'stopped' ? 'SIGINT' : 'SIGQUIT')
      await this.start()
    },

    async stop(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
      const file = await readPostmasterFile(directory)
      if (file !== undefined) process.kill(file.pid, signal)
      await server.stop()
    },

    async start(): Promise<void> {
      server = await start(port)
    },

    /** Stops every process of the server where it stands: nothing is refused, and nothing is answered. */
    async freeze(): Promise<void> {
      frozen = (await sql<{ pid: number }[]>`select pid from pg_stat_activity`).map(({ pid }) => pid)
      const file = await readPostmasterFile(directory)
      if (file !== undefined) frozen.unshift(file.pid)
      for (const pid of frozen) process.kill(pid, 'SIGSTOP')
    },

    thaw(): void {
      for (const pid of frozen) process.kill(pid, 'SIGCONT')
      frozen = []
    },
  }

  async function sessions(): Promise<number[]> {
    const rows = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity where application_name like 'holdfast%' order by pid
    `
    return rows.map(({ pid }) => pid)
  }
}

function shuffle<T>(list: T[], random: () => number): T[] {
  return list
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
