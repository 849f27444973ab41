import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Client, escapeIdentifier } from 'pg'
import { MIGRATIONS_TABLE } from './schema-version.ts'
import { DatabaseUnusable } from './session.ts'

/**
 * Whether a database can take the migrations that it does not have yet. What is in the way is found before anything is
 * changed, so that a refusal leaves nothing behind.
 *
 * @returns the schema that they go to: the first of the search_path, where statements find what they name
 * @throws DatabaseUnusable
 */
export async function refuseUnfit(client: Client, dir: string): Promise<string> {
  const { encoding, path, schema, mayCreate, foreignQueue, otherShop } = await factsOf(client)
  if (encoding !== 'UTF8') {
    const cure = "Make one by: create database … encoding 'UTF8' template template0"
    throw new DatabaseUnusable(`its encoding is ${encoding}, and has to be UTF8. ${cure}`)
  }
  if (schema === null) {
    const cure = 'Create one, or grant usage on it.'
    throw new DatabaseUnusable(`no schema of its search_path (${path}) is there for this role. ${cure}`)
  }
  if (foreignQueue) {
    throw new DatabaseUnusable("its schema pgboss is somebody else's. Give the shop a database of its own.")
  }
  if (otherShop !== null) {
    const cure = 'Give each shop a database of its own.'
    throw new DatabaseUnusable(
      `its schema ${otherShop} has another shop than ${schema}, and both the same jobs. ${cure}`,
    )
  }
  const { pending, taken } = await lookInto(client, schema, await relationsIn(dir))
  if (taken.length > 0) {
    const cure = 'Give the shop a database or a schema of its own.'
    throw new DatabaseUnusable(`its schema ${schema} has ${taken.join(', ')} of somebody else's. ${cure}`)
  }
  if (pending && !mayCreate) {
    const cure = 'Grant it create there, or give it a schema of its own.'
    throw new DatabaseUnusable(`its role may create nothing in the schema ${schema}. ${cure}`)
  }
  return schema
}

interface Facts {
  encoding: string
  path: string
  schema: string | null
  mayCreate: boolean | null
  foreignQueue: boolean
  otherShop: string | null
}

async function factsOf(client: Client): Promise<Facts> {
  // pg-boss keeps its version in its schema, and in every version of it at the same place.
  const { rows } = await client.query<Facts>(`
    select current_setting('server_encoding') as encoding, current_setting('search_path') as path,
           current_schema() as schema, has_schema_privilege(current_schema(), 'create') as "mayCreate",
           exists (select from pg_class where relnamespace = to_regnamespace('pgboss')) and not exists (
             select from pg_attribute where attrelid = to_regclass('pgboss.version') and attname = 'version'
           ) as "foreignQueue",
           (select nspname from pg_class join pg_namespace on pg_namespace.oid = relnamespace
            where relname = 'orders_in_flight' and nspname <> current_schema() limit 1) as "otherShop"`)
  const [facts] = rows
  if (facts === undefined) throw new TypeError('a select without from has a row')
  return facts
}

/** What each migration creates: where one is to come, nothing may bear that name yet. */
async function relationsIn(dir: string): Promise<Map<string, string[]>> {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.sql'))
  const read = files.map(async (file): Promise<[string, string[]]> => {
    const created = (await readFile(join(dir, file), 'utf8')).matchAll(/^create (?:table|view) (\w+)/gm)
    return [file.slice(0, -'.sql'.length), [...created].map(([, name = '']) => name)]
  })
  return new Map(await Promise.all(read))
}

async function lookInto(client: Client, schema: string, migrations: Map<string, string[]>) {
  const { rows } = await client.query<{ name: string; isLedger: boolean }>(
    `select relname as name,
            exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'run_on') as "isLedger"
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname = $1 and relname = any ($2)
     order by relname`,
    [schema, [MIGRATIONS_TABLE, ...[...migrations.values()].flat()]],
  )
  const ledger = rows.find(({ name }) => name === MIGRATIONS_TABLE)
  const applied = ledger?.isLedger === true ? await appliedIn(client, schema) : []
  // Another program's migrations, by the same library or by another.
  const isForeign =
    ledger?.isLedger === false || (applied.length > 0 && !applied.some((one) => migrations.has(one)))
  const pending = [...migrations].filter(([name]) => !applied.includes(name))
  const unwelcome = new Set(pending.flatMap(([, created]) => created))
  if (isForeign) unwelcome.add(MIGRATIONS_TABLE)
  return {
    pending: pending.length > 0,
    taken: rows.map(({ name }) => name).filter((name) => unwelcome.has(name)),
  }
}

async function appliedIn(client: Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select name from ${escapeIdentifier(schema)}.${MIGRATIONS_TABLE}`,
  )
  return rows.map(({ name }) => name)
}
