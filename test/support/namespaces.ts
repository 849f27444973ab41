import { spawnSync } from 'node:child_process'

/**
 * What a command is put behind to run in Linux namespaces of its own: as process 1 (`--pid`), or with mounts that nobody
 * else sees (`--mount`).
 */
export function unshare(kind: '--pid' | '--mount'): string[] {
  return ['unshare', '--map-root-user', kind, ...(kind === '--pid' ? ['--fork', '--kill-child'] : [])]
}

/** Options for a test that needs them: not every machine has them, or lets everybody have them. */
export function needsNamespaces(): { skip: string | false } {
  const [command = '', ...args] = unshare('--pid')
  if (process.env.TESTS_MAY_SKIP === 'no') return { skip: false }
  return { skip: spawnSync(command, [...args, 'true']).status === 0 ? false : 'needs Linux namespaces' }
}
