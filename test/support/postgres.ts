import { randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { databaseUrl, execute } from './statement.ts'
import type { TestServer } from './test-server.ts'

/** A test's context; or `{ after }` of node:test, for a database that a whole file shares. */
export interface Lifetime {
  after(cleanUp: () => Promise<void>): void
}

let own: Promise<TestServer> | undefined

// A file that is run by itself, without the global setup, starts a server at its first need and stops it here.
after(async () => {
  await (await own)?.stop()
})

/**
 * Clones the migrated template into a database of the test's own, which is dropped after it.
 *
 * @returns its URL; the user owns it.
 */
export async function createDatabase(lifetime: Lifetime): Promise<string> {
  const { adminUrl, template } = await server()
  const name = `holdfast_test_${randomUUID().replaceAll('-', '')}`
  await clone(adminUrl, template, name)
  lifetime.after(() => execute(adminUrl, `drop database if exists ${name} with (force)`))
  return databaseUrl(adminUrl, name)
}

/** A database without a single table, on the same server, dropped after the test. */
export async function createEmptyDatabase(lifetime: Lifetime): Promise<string> {
  const { adminUrl } = await server()
  const name = `holdfast_empty_${randomUUID().replaceAll('-', '')}`
  lifetime.after(() => execute(adminUrl, `drop database if exists ${name} with (force)`))
  await execute(adminUrl, `create database ${name} template template0 encoding 'UTF8' locale 'C'`)
  return databaseUrl(adminUrl, name)
}

async function server(): Promise<Pick<TestServer, 'adminUrl' | 'template'>> {
  const { HOLDFAST_TEST_ADMIN_URL: adminUrl, HOLDFAST_TEST_TEMPLATE: template } = process.env
  if (adminUrl !== undefined && template !== undefined) return { adminUrl, template }
  own ??= startOwn()
  return await own
}

/** Loaded only here: what migrates and starts a server is a tenth of a second, and most files need neither. */
async function startOwn(): Promise<TestServer> {
  const { startTestServer } = await import('./test-server.ts')
  return await startTestServer()
}

async function clone(adminUrl: string, template: string, name: string): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      // Copying the files takes a third of the time of writing them to the log, where no disk is waited for.
      return await execute(adminUrl, `create database ${name} template ${template} strategy file_copy`)
    } catch (error) {
      // 55006: somebody is connected to the template, if only its vacuum.
      const busy = error instanceof postgres.PostgresError && error.code === '55006'
      if (!busy || Date.now() > deadline) throw error
      await pause(50)
    }
  }
}
