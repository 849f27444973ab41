import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isPostmasterOf, startOf } from '../process-identity.ts'

export interface PostmasterFile {
  readonly pid: number
  readonly ready: boolean
}

/** What the server says of itself in postmaster.pid: its pid, and whether it takes connections by now. */
export async function readPostmasterFile(directory: string): Promise<PostmasterFile | undefined> {
  const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  // The eighth line is the status, as pg_ctl reads it (miscadmin.h, LOCK_FILE_LINE_PM_STATUS).
  return Number.isInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined
}

/**
 * Stops the server that a killed process left running in `directory`, if there is one. A pid file that names
 * a living process of another kind is removed, because PostgreSQL would take that process for a server.
 */
export async function stopLeftBehind(directory: string): Promise<void> {
  const file = await readPostmasterFile(directory)
  if (file === undefined) return
  const started = await startOf(file.pid)
  if (started === undefined) return
  if (!(await isPostmasterOf(file.pid, directory))) {
    await rm(join(directory, 'postmaster.pid'), { force: true })
    return
  }
  // Fast shutdown, and after ten seconds the immediate one, which replays the log at the next start.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.kill(file.pid, signal)
    for (let tries = 0; tries < 500; tries++) {
      if ((await startOf(file.pid)) !== started) return
      await pause(20)
    }
  }
  throw new Error(`The PostgreSQL server ${file.pid} that was left running in ${directory} does not stop`)
}
