import { mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '#src/database/migrate.ts'
import { holderOf } from '../../sandbox/directory-lock.ts'
import { startEmbeddedPostgres } from '../../sandbox/embedded-postgres.ts'
import { stopLeftBehind } from '../../sandbox/postgres/left-behind.ts'
import { databaseUrl, execute } from './statement.ts'

export interface TestServer {
  /** Of a database on the server that is not the template, so that the template can be cloned from it. */
  readonly adminUrl: string
  /** The name of the migrated database that every test's database is a clone of. */
  readonly template: string
  stop(): Promise<void>
}

const PREFIX = 'holdfast-test-server-'
/**
 * Hundreds of databases come and go, of four hundred files each, and ext4 looks at every inode that was freed in the last
 * minutes before it gives one out.
 */
const MEMORY = '/dev/shm'
/** Several times what a whole run has at once. */
const ROOM_BYTES = 1024 ** 3
const PLACES = new Set([MEMORY, tmpdir()])

// Nobody reads these databases after a crash, so nothing waits for the disk.
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' }

/**
 * The server that tests clone their databases on: the one at TEST_DATABASE_URL (its user must be allowed to
 * create databases, and roles that own some), else an embedded one, in memory or in a temporary directory.
 */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL
  const server = given === undefined || given === '' ? await embedded() : { url: given, stop: async () => {} }
  const template = `holdfast_template_${process.pid}_${Date.now().toString(36)}`
  try {
    await execute(server.url, `create database ${template} template template0 encoding 'UTF8' locale 'C'`)
    await migrate(databaseUrl(server.url, template))
  } catch (error) {
    await server.stop()
    throw error
  }
  return {
    adminUrl: server.url,
    template,
    async stop() {
      await execute(server.url, `drop database if exists ${template} with (force)`)
      await server.stop()
    },
  }
}

async function embedded() {
  for (const place of PLACES) await sweep(place)
  const home = await mkdtemp(join((await hasRoom(MEMORY)) ? MEMORY : tmpdir(), PREFIX))
  const server = await startEmbeddedPostgres({ directory: join(home, 'postgres'), settings })
  return {
    url: server.url,
    async stop() {
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function hasRoom(place: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(place).catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize >= ROOM_BYTES
}

/** Clears away what runs that were killed have left: their servers and their directories. */
async function sweep(place: string): Promise<void> {
  for (const name of await readdir(place).catch(() => [])) {
    if (!name.startsWith(PREFIX)) continue
    const home = join(place, name)
    const directory = join(home, 'postgres')
    if ((await holderOf(`${directory}.lock`)) !== undefined || (await isYoung(home))) continue
    try {
      await stopLeftBehind(directory)
      await rm(home, { recursive: true, force: true })
    } catch {
      // Another user's: theirs to clear away.
    }
  }
}

/** A run that begins now makes its directory a moment before it takes the lock inside. */
async function isYoung(home: string): Promise<boolean> {
  const made = await stat(home).catch(() => undefined)
  return made === undefined || Date.now() - made.mtimeMs < 10_000
}
