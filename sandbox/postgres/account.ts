import { execFile, type SpawnOptions } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** How to start a PostgreSQL program so that it may run at all and can reach its files. */
export interface Account {
  /** Who owns the data directory; `undefined` when it is whoever runs this process. */
  readonly owner: { uid: number; gid: number } | undefined
  command(program: string, args: readonly string[]): [program: string, args: string[]]
  readonly options: Pick<SpawnOptions, 'uid' | 'gid' | 'env'>
}

// Nothing of the surroundings: PGDATA, PGPORT or a locale that is not installed would change what is started.
const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' }

const plainly: Account['command'] = (program, args) => [program, [...args]]

/**
 * PostgreSQL refuses to run as root, so root runs it as whoever owns `directory`, else as `postgres` or
 * `nobody`. Where that account cannot reach the files, as below a home of mode 0700, it is given the one
 * capability that lets it pass (CAP_DAC_OVERRIDE), and nobody's permissions are changed.
 */
export async function accountFor(directory: string, program: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { owner: undefined, command: plainly, options: { env } }

  const owner = (await ownerOf(directory)) ?? (await named('postgres')) ?? (await named('nobody'))
  if (owner === undefined) {
    throw new Error(
      'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as',
    )
  }
  if (await reaches(owner, program, dirname(directory))) {
    return { owner, command: plainly, options: { env, ...owner } }
  }
  await run('setpriv', ['--version']).catch((cause: unknown) => {
    const what = `the unprivileged user that PostgreSQL needs cannot reach ${program} or ${directory}`
    throw new Error(`As root, ${what}: move the project, or run it as an ordinary user`, { cause })
  })
  const setpriv = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  // PostgreSQL asks access(2) whether it may run its own programs, which forgets the capabilities of anybody
  // but root unless the securebit is set (capabilities(7)).
  const capability = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ]
  return {
    owner,
    command: (path, args) => ['setpriv', [...setpriv, ...capability, '--', path, ...args]],
    options: { env },
  }
}

async function ownerOf(directory: string) {
  const found = await stat(directory).catch(() => undefined)
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid }
}

async function named(user: string) {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

async function reaches(owner: { uid: number; gid: number }, program: string, parent: string) {
  const test = run('/bin/sh', ['-c', 'test -x "$0" && test -x "$1"', program, parent], { ...owner, cwd: '/' })
  return await test.then(() => true).catch(() => false)
}
