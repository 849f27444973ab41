import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lock } from '../directory-lock.ts'
import { stopLeftBehind } from '../postgres/left-behind.ts'
import type { Environment } from './environment.ts'

/** Where a first look keeps what shall be there the next time. */
export interface State {
  readonly postgres: string
  readonly ledger: string
  /** Made once, so that the tokens of yesterday are good today. */
  signingSecret(): Promise<string>
  /** A path below it as one would type it here. */
  shown(path: string): string
}

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Opens `.holdfast/` in the project, or SANDBOX_DIRECTORY, for this process alone.
 *
 * @throws {DirectoryInUse} while another `npm start` runs on it.
 */
export async function openState(env: Environment, resources: AsyncDisposableStack): Promise<State> {
  const directory = resolve(env.SANDBOX_DIRECTORY || join(PROJECT, '.holdfast'))
  await mkdir(directory, { recursive: true })
  const unlock = await lock(join(directory, 'start.lock'))
  resources.defer(unlock)
  const postgres = join(directory, 'postgres')
  // First of all, so that nothing of a killed start is left running even if this one fails too.
  await stopLeftBehind(postgres)
  const secretFile = join(directory, 'signing-secret')
  return {
    postgres,
    ledger: join(directory, 'ledger.jsonl'),
    async signingSecret() {
      const kept = await readFile(secretFile, 'utf8').catch(() => '')
      if (kept !== '') return kept
      const made = randomBytes(48).toString('base64url')
      await writeFile(secretFile, made, { mode: 0o600 })
      return made
    },
    shown: (path) => (path.startsWith(process.cwd()) ? relative(process.cwd(), path) : path),
  }
}
