import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Account } from './account.ts'

const PASSWORD_FILE = 'holdfast.password'

/**
 * The superuser's password of an initialised directory, `undefined` while there is none.
 *
 * @throws when the directory belongs to another user.
 */
export async function passwordOf(directory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, PASSWORD_FILE), 'utf8')).trim()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    if (error.code === 'ENOENT') return undefined
    if (error.code !== 'EACCES') throw error
    throw new Error(`${directory} belongs to another user: run as that one, or remove it`, { cause: error })
  }
}

/**
 * Makes `directory` a PostgreSQL data directory with an empty database `holdfast` (UTF8, locale C) and
 * returns its superuser's password: the server listens on loopback, where every user of the machine can
 * knock. It is made beside its place and renamed, so a first start that was interrupted leaves no half of one.
 *
 * @throws when `directory` holds something else already.
 */
export async function initialise(
  directory: string,
  account: Account,
  binaries: { initdb: string; postgres: string },
  sync: boolean,
): Promise<string> {
  const making = `${directory}.making`
  const passwordFile = `${directory}.password`
  const password = randomBytes(24).toString('base64url')
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { mode: 0o700 })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (account.owner !== undefined) {
    await chown(making, account.owner.uid, account.owner.gid)
    await chown(passwordFile, account.owner.uid, account.owner.gid)
  }

  const cluster = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  const locale = ['--encoding=UTF8', '--locale=C', '--set=timezone=UTC']
  const speed = sync ? [] : ['--no-sync']
  await program(account, binaries.initdb, ['-D', making, ...cluster, ...locale, ...speed])
  const single = ['--single', '-D', making, '-F', 'postgres']
  await program(account, binaries.postgres, single, 'create database holdfast template template0\n')

  await rename(passwordFile, join(making, PASSWORD_FILE))
  await rename(making, directory)
  return password
}

async function program(account: Account, path: string, args: string[], input = ''): Promise<void> {
  const child = spawn(...account.command(path, args), {
    ...account.options,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code === null ? `signal ${signal}` : `code ${code}`))
  })
  // Out of reach of the terminal's Ctrl-C, it must not outlive this process either.
  const atExit = () => child.kill('SIGKILL')
  process.once('exit', atExit)
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [end, said] = await Promise.all([ended, text(child.stderr)])
  process.removeListener('exit', atExit)
  if (end !== 'code 0') throw new Error(`${path} ended with ${end}: ${said.trim()}`)
}
