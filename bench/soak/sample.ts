import { readdir, readFile, readlink } from 'node:fs/promises'
import type postgres from 'postgres'

/** What the service holds at one moment. */
export interface Sample {
  /** Requests that were answered by then. */
  requests: number
  /** Milliseconds since the soak began. */
  at: number
  rssBytes: number
  heapBytes: number
  files: number
  sockets: number
  connections: number
}

export type Held = Omit<Sample, 'requests' | 'at'>

/**
 * @param pid of the service
 * @param operations where its metrics are
 * @param sql a connection to its database, which is not counted
 * @throws Error where there is no /proc
 */
export async function lookAt(pid: number, operations: string, sql: postgres.Sql): Promise<Held> {
  const [status, links, metrics, [activity]] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    linksOf(pid),
    fetch(`${operations}/metrics`).then((answer) => answer.text()),
    sql<{ connections: number }[]>`
      select count(*)::integer as connections from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
  ])
  return {
    rssBytes: 1024 * numberIn(status, /^VmRSS:\s+(\d+) kB/m),
    heapBytes: numberIn(metrics, /^nodejs_heap_size_used_bytes (\S+)/m),
    files: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    connections: activity?.connections ?? 0,
  }
}

async function linksOf(pid: number): Promise<string[]> {
  const directory = `/proc/${pid}/fd`
  // One that was closed since it was listed counts for nothing.
  const links = (await readdir(directory)).map((fd) => readlink(`${directory}/${fd}`).catch(() => ''))
  return (await Promise.all(links)).filter((link) => link !== '')
}

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`nothing like ${pattern} is told`)
  return Number(found)
}
