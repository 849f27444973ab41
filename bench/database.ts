import { join } from 'node:path'
import postgres from 'postgres'
import { migrate } from '#src/database/migrate.ts'
import { startEmbeddedPostgres } from '../sandbox/embedded-postgres.ts'
import type { Bench } from './bench.ts'

export interface DatabaseServer {
  /** `PostgreSQL 18.4`, and whether it waits for its disk. */
  about: string
  /** A database of its own with the schema and the shop, dropped with the scope. */
  fresh: (bench: Bench) => Promise<string>
  /** The same, empty. */
  empty: (bench: Bench) => Promise<string>
  /** Of a database that nobody is connected to, as it stands now. */
  copy: (bench: Bench, url: string) => Promise<string>
}

/** As many products as orders are spread over, and people who place them. */
export const PRODUCTS = 1_000
export const PEOPLE = 200
/** Of each product; nothing sells out in any run. */
export const STOCK = 1_000_000

export const productIdOf = (index: number) => `product-${index}`
export const personIdOf = (index: number) => `person-${index}`

const TEMPLATE = 'holdfast_bench_template'

/**
 * A checkpoint writes for seconds and falls into whichever run is on: with this much log there is one before a run
 * and none in it. Everything else is as PostgreSQL ships, fsync above all.
 */
const settings = { max_wal_size: '8GB', checkpoint_timeout: '1h', max_connections: '200' }

/** The server at DATABASE_URL (its user must be allowed to create databases), else an embedded one. */
export async function startDatabaseServer(bench: Bench): Promise<DatabaseServer> {
  const admin = process.env.DATABASE_URL || (await embedded(bench))
  const templateUrl = onServer(admin, TEMPLATE)
  await execute(admin, `drop database if exists ${TEMPLATE} with (force)`)
  await execute(admin, `create database ${TEMPLATE} encoding 'UTF8' template template0`)
  bench.after(() => execute(admin, `drop database if exists ${TEMPLATE} with (force)`))
  await migrate(templateUrl)
  await fillShop(templateUrl)

  let made = 0
  const make = async (scope: Bench, template: string) => {
    const name = `holdfast_bench_${process.pid}_${made++}`
    await execute(admin, `create database ${name} template ${template}`)
    scope.after(() => execute(admin, `drop database if exists ${name} with (force)`))
    await execute(admin, 'checkpoint')
    return onServer(admin, name)
  }
  return {
    about: await describe(admin),
    fresh: (scope) => make(scope, TEMPLATE),
    empty: (scope) => make(scope, 'template0'),
    copy: (scope, url) => make(scope, new URL(url).pathname.slice(1)),
  }
}

async function embedded(bench: Bench): Promise<string> {
  const server = await startEmbeddedPostgres({ directory: join(bench.directory, 'postgres'), settings })
  bench.after(() => server.stop())
  return server.url
}

/** People stand there already, as for a shop that has been open for a while. */
export async function fillShop(url: string): Promise<void> {
  await fillProducts(url, 'products (id, name, description, price, stock, currency)', `, 'USD'`)
  await execute(
    url,
    `insert into users (id, name, email)
     select 'person-' || n, 'Person ' || n, 'person-' || n || '@shop.test' from generate_series(0, ${PEOPLE - 1}) n`,
  )
  await execute(url, 'vacuum analyze products, users')
}

/** @param columns the table and its columns: id, name, description, price, stock, and whatever `more` gives */
export async function fillProducts(url: string, columns: string, more = ''): Promise<void> {
  await execute(
    url,
    `insert into ${columns}
     select 'product-' || n, 'Product ' || n, 'One of the many things that a shop has.', 1000 + n, ${STOCK}${more}
     from generate_series(0, ${PRODUCTS - 1}) n`,
  )
}

async function describe(url: string): Promise<string> {
  const sql = postgres(url, { max: 1 })
  try {
    const [row] = await sql<{ version: string; fsync: string; commit: string }[]>`
      select split_part(version(), ' on ', 1) as version, current_setting('fsync') as fsync,
             current_setting('synchronous_commit') as commit`
    return `${row?.version}, fsync ${row?.fsync}, synchronous_commit ${row?.commit}`
  } finally {
    await sql.end()
  }
}

/** Statements, separated by semicolons, on a connection of its own. */
export async function execute(url: string, statements: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    await sql.unsafe(statements)
  } finally {
    await sql.end()
  }
}

function onServer(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}
