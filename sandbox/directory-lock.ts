import { readFileSync, rmSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { startOf } from './process-identity.ts'

export class DirectoryInUse extends Error {
  override readonly name = 'DirectoryInUse'
  readonly path: string
  readonly pid: number

  constructor(path: string, pid: number) {
    super(`${path} is in use by process ${pid}`)
    this.path = path
    this.pid = pid
  }
}

/**
 * Takes `path` as a lock file for this process and returns what gives it back; so does the exit of the
 * process. A lock whose holder is dead, or whose pid belongs to another process by now, is taken over.
 *
 * @throws {DirectoryInUse} while its holder lives, this process included.
 */
export async function lock(path: string): Promise<() => void> {
  const mine = `${process.pid} ${await startOf(process.pid)}\n`
  for (;;) {
    try {
      await writeFile(path, mine, { flag: 'wx' })
      const unlock = () => {
        process.removeListener('exit', unlock)
        release(path, mine)
      }
      process.once('exit', unlock)
      return unlock
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const holder = await holderOf(path)
    if (holder !== undefined) throw new DirectoryInUse(path, holder)
    await rm(path, { force: true })
  }
}

/** The pid of the living process that holds the lock `path`, if any. */
export async function holderOf(path: string): Promise<number | undefined> {
  const [pid, started] = (await readFile(path, 'utf8').catch(() => '')).trim().split(/ (.*)/s)
  if (pid === undefined || !/^\d+$/.test(pid)) return undefined
  return (await startOf(Number(pid))) === started ? Number(pid) : undefined
}

function release(path: string, mine: string): void {
  try {
    if (readFileSync(path, 'utf8') === mine) rmSync(path)
  } catch {
    // Gone with its directory: nothing is held any more.
  }
}
