import { spawnSync } from 'node:child_process'

/**
 * What a command is put behind to run with mounts that nobody else sees: root may have them, and where the kernel lets
 * everybody, so may an ordinary user as root of a namespace.
 */
export const ownMounts = (): string[] => [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  '--mount',
]

/**
 * Options for a test that needs them. Not every machine lets anybody have them, and no script can change that, so such a
 * test is skipped there also where nothing else may be.
 */
export function needsOwnMounts(): { skip: string | false } {
  const [command = '', ...args] = ownMounts()
  const { status } = spawnSync(command, [...args, 'mount', '--bind', '/etc/hosts', '/etc/hosts'])
  return { skip: status === 0 ? false : 'needs mount namespaces, which this machine does not allow' }
}
