import { mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lock } from './directory-lock.ts'
import { type Account, accountFor } from './postgres/account.ts'
import { postgresBinaries } from './postgres/binaries.ts'
import { freePort } from './postgres/free-port.ts'
import { initialise, passwordOf } from './postgres/initialise.ts'
import { stopLeftBehind } from './postgres/left-behind.ts'
import { startPostmaster, stopPostmaster } from './postgres/postmaster.ts'

export interface EmbeddedPostgresOptions {
  /** Where the data is kept. Made at the first start; its parents too. */
  readonly directory: string
  /** On 127.0.0.1; a free one when left out. */
  readonly port?: number
  /** Server settings, for example `{ fsync: 'off' }` for a database that only tests look at. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told in a sentence when something begins that takes more than a moment. */
  readonly onProgress?: (message: string) => void
}

export interface EmbeddedPostgres {
  /** Of the superuser and the database `holdfast`. */
  readonly url: string
  /** Fast shutdown; leaves no process. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL on `directory`, as root or as an ordinary user. The server of an earlier process
 * that was killed is stopped first. If this process exits without `stop()`, the server is stopped on the way.
 *
 * @throws {DirectoryInUse} when a living process runs a server there.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { settings = {}, onProgress = () => undefined } = options
  const directory = await settled(options.directory)
  const unlock = await lock(`${directory}.lock`)
  try {
    const binaries = postgresBinaries()
    const account = await accountFor(directory, binaries.postgres)
    await stopLeftBehind(directory)
    let password = await passwordOf(directory)
    if (password === undefined) {
      onProgress('Making a PostgreSQL database, this once')
      password = await initialise(directory, account, binaries, settings.fsync !== 'off')
    }

    const { child, port } = await listening(directory, options.port, settings, account, binaries.postgres)
    return {
      url: `postgres://postgres:${password}@127.0.0.1:${port}/holdfast`,
      async stop() {
        await stopPostmaster(child)
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/** The path free of links and relative parts, as the server itself will see it. */
async function settled(directory: string): Promise<string> {
  const parent = dirname(resolve(directory))
  await mkdir(parent, { recursive: true })
  return join(await realpath(parent), basename(directory))
}

async function listening(
  directory: string,
  fixed: number | undefined,
  settings: Readonly<Record<string, string>>,
  account: Account,
  binary: string,
) {
  for (let attempt = 1; ; attempt++) {
    const port = fixed ?? (await freePort())
    try {
      return { child: await startPostmaster(directory, port, settings, account, binary), port }
    } catch (error) {
      if (attempt === 5 || !passes(error, fixed)) throw error
      await pause(200 * attempt)
    }
  }
}

/** Somebody took the free port first; or sessions of a server that died a moment ago are still leaving. */
function passes(error: unknown, fixed: number | undefined): boolean {
  const said = error instanceof Error ? error.message : ''
  return said.includes('shared memory block') || (fixed === undefined && said.includes('could not bind'))
}
