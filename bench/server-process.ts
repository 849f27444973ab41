import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../sandbox/postgres/free-port.ts'
import type { Bench } from './bench.ts'

export interface ServerProcess {
  url: string
  pid: number
  /** From its spawning to its first answer. */
  readyAfterMs: number
  /** Processor time it has used so far, user and system, in milliseconds; undefined where there is no /proc. */
  cpuMs: () => number | undefined
}

/** Seldom enough to leave the processor to whoever starts, often enough to tell when it was ready. */
const LOOK_EVERY_MS = 5

/** The unit of /proc/PID/stat on every Linux that Node runs on. */
const MS_PER_TICK = 10
const START_TIMEOUT_MS = 30_000

/** Any answer below 500 means ready: a peer has no page for it and says 404. */
const READY_PATH = '/readyz'

/**
 * Starts a server in a process of its own on a free port, told as `PORT`, and waits until it is ready. What it
 * writes goes to /dev/null, which costs a log its formatting and its write but no reader.
 *
 * @param file relative to the project, `src/main.ts`
 */
export async function startServer(
  bench: Bench,
  file: string,
  env: Record<string, string>,
  nodeArguments: readonly string[] = [],
): Promise<ServerProcess> {
  const port = await freePort()
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const spawnedAt = performance.now()
  const child = spawn(process.execPath, [...nodeArguments, path], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), ...env },
  })
  const exit = once(child, 'exit')
  bench.after(async () => {
    child.kill('SIGTERM')
    await exit
  })
  const url = `http://127.0.0.1:${port}`
  const giveUpAt = spawnedAt + START_TIMEOUT_MS
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`${file} ended before it was ready`)
    if (performance.now() > giveUpAt) throw new Error(`${file} was not ready in time`)
    await pause(LOOK_EVERY_MS)
  }
  const readyAfterMs = performance.now() - spawnedAt
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} has no process`)
  return { url, pid, readyAfterMs, cpuMs: () => cpuMsOf(pid) }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url + READY_PATH)).status < 500
  } catch {
    return false
  }
}

function cpuMsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name, which may hold spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
  } catch {
    return undefined
  }
}
