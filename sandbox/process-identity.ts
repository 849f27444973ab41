import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const procfs = process.platform === 'linux'

/**
 * What tells a process from a later one that was given the same pid: its start time, in whatever unit the
 * system counts it. `undefined` when no such process lives.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (!procfs) return await ps('lstart=', pid)
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // proc(5): the second field is the command in parentheses and may hold spaces; the start time is field 22,
  // the state field 3, and a zombie has ended whatever its entry says.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? undefined : fields[19]
}

/** True when `pid` is the PostgreSQL server that works in `directory`. */
export async function isPostmasterOf(pid: number, directory: string): Promise<boolean> {
  if (!procfs) {
    const command = (await ps('command=', pid)) ?? ''
    return command.includes('postgres') && command.includes(directory)
  }
  const [name, workingDirectory, expected] = await Promise.all([
    readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
    // The postmaster changes into its data directory; compared by inode, a moved project is still recognised.
    stat(`/proc/${pid}/cwd`).catch(() => undefined),
    stat(directory).catch(() => undefined),
  ])
  if (name.trim() !== 'postgres' || workingDirectory === undefined || expected === undefined) return false
  return workingDirectory.ino === expected.ino && workingDirectory.dev === expected.dev
}

async function ps(column: string, pid: number): Promise<string | undefined> {
  const found = await run('ps', ['-o', column, '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return found.stdout.trim() || undefined
}
