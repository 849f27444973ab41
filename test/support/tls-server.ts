import { chmod, chown, copyFile, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbeddedPostgres } from '../../sandbox/embedded-postgres.ts'
import type { Lifetime } from './postgres.ts'
import { execute } from './statement.ts'

/**
 * Signed by nobody but itself, for the address 127.0.0.1 and no name, until 2120. The key beside it opens nothing but
 * the databases of tests.
 */
export const certificate = fileURLToPath(new URL('tls/server.crt', import.meta.url))
const key = fileURLToPath(new URL('tls/server.key', import.meta.url))

/** A PostgreSQL of the test's own that takes connections with and without TLS. @returns the URL of an empty database */
export async function startTlsServer(lifetime: Lifetime): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-tls-'))
  const directory = join(home, 'postgres')
  const { url, stop } = await startEmbeddedPostgres({ directory, settings: { fsync: 'off' } })
  lifetime.after(async () => {
    await stop()
    await rm(home, { recursive: true, force: true })
  })
  const owner = await stat(directory)
  for (const [from, name] of [[certificate, 'server.crt'] as const, [key, 'server.key'] as const]) {
    await copyFile(from, join(directory, name))
    await chmod(join(directory, name), 0o600)
    await chown(join(directory, name), owner.uid, owner.gid)
  }
  await execute(url, 'alter system set ssl = on')
  await execute(url, 'select pg_reload_conf()')
  return url
}
