import type { Sql } from 'postgres'
import type { Database } from '#plugins/database.ts'
import type { CatalogueEntry, Product } from './product.ts'

export type ProductStore = ReturnType<typeof createProductStore>

/** A product as it stands once it was put. */
export interface PutProduct {
  product: Product
  created: boolean
}

/**
 * Every statement about products as such; orders move stock in statements of their own.
 *
 * @param currency of what is for sale. What was put in under another is not read until it is put in again, for no order
 *   could have it at the price that is shown
 */
export function createProductStore(database: Database, currency: string) {
  const find = async (id: string): Promise<Product | null> => {
    const [product] = await database.query(
      (sql) => sql<Product[]>`select ${columns(sql)} from products where id = ${id}`,
    )
    return product ?? null
  }

  return {
    /** @returns those of the ids that are for sale, in no order */
    getMany: (ids: readonly string[]): Promise<Product[]> =>
      database.query(
        (sql) => sql<Product[]>`
          select ${columns(sql)} from products where id = any (${ids}) and currency = ${currency}`,
      ),

    /** @returns up to `most` products for sale with ids greater than `after`; the empty string begins at the start */
    list: (after: string, most: number): Promise<Product[]> =>
      database.query(
        (sql) => sql<Product[]>`
          select ${columns(sql)} from products where id > ${after} and currency = ${currency}
          order by id limit ${most}`,
      ),

    /** One as an operator knows it, for sale or not; null when there is none. */
    find,

    /** Creates or replaces one. What changes nothing leaves revision and time. */
    async put(entry: CatalogueEntry): Promise<PutProduct> {
      const [row] = await database.query((sql) => upsert(sql, entry))
      if (row === undefined) throw new Error('a product was neither created nor replaced')
      return putOf(row)
    },

    /**
     * The same, if what stands is still what was found before; null: nothing was.
     *
     * @returns null when another change came first
     */
    async putOver(found: Product | null, entry: CatalogueEntry): Promise<PutProduct | null> {
      // None has revision 0, so nothing is replaced where nothing was found. What was found stays: no product is deleted.
      const revision = found?.revision ?? 0
      let sent = 0
      const [row] = await database.query((sql) => {
        sent += 1
        return upsert(sql, entry, revision)
      })
      if (row !== undefined) return putOf(row)
      if (sent === 1) return null
      // Sent again because the first reply was lost: then it may have been the first that it came too late for.
      const current = await find(entry.id)
      const isDone = current !== null && current.revision === revision + 1 && isSame(current, entry)
      return isDone ? { product: current, created: found === null } : null
    },

    /** Creates or replaces a list in one statement. No id may stand in it twice. */
    putMany: async (entries: readonly CatalogueEntry[]): Promise<void> => {
      // As text: handed over as an object, the driver would ask the server for the type of the parameter first.
      const list = JSON.stringify(entries)
      await database.query(
        (sql) => sql`
          insert into products as known (id, name, description, price, currency, stock)
          select id, name, description, price, currency, stock
          from jsonb_to_recordset(${list}::text::jsonb) as entry
            (id text, name text, description text, price bigint, currency text, stock integer)
          -- In the one order in which orders lock products, so that neither waits for the other for ever.
          order by id
          on conflict (id) do update
            set name = excluded.name, description = excluded.description, price = excluded.price,
                currency = excluded.currency, stock = excluded.stock,
                revision = known.revision + 1, updated_at = now()
            where ${changed(sql)}`,
      )
    },
  }
}

/** @param over the one revision that may be replaced; where another stands nothing is done, and nothing comes back */
const upsert = (sql: Sql<{ bigint: number }>, entry: CatalogueEntry, over?: number) =>
  sql<(Product & { created: boolean })[]>`
    insert into products as known (id, name, description, price, currency, stock)
    values (${entry.id}, ${entry.name}, ${entry.description}, ${entry.price}, ${entry.currency}, ${entry.stock})
    on conflict (id) do update
      set name = excluded.name, description = excluded.description, price = excluded.price,
          currency = excluded.currency, stock = excluded.stock,
          revision = known.revision + ${changed(sql)}::integer,
          updated_at = case when ${changed(sql)} then now() else known.updated_at end
      where ${over === undefined ? sql`true` : sql`known.revision = ${over}`}
    -- Of a row that was there the update leaves a mark in xmax; a look beforehand misses one that is being made.
    returning ${columns(sql)}, known.xmax = 0 as created`

const putOf = ({ created, ...product }: Product & { created: boolean }): PutProduct => ({ product, created })

const isSame = (product: Product, entry: CatalogueEntry) =>
  product.name === entry.name &&
  product.description === entry.description &&
  product.price === entry.price &&
  product.currency === entry.currency &&
  product.stock === entry.stock

const columns = (sql: Sql<{ bigint: number }>) =>
  sql`id, name, description, price, currency, stock, revision, updated_at as "updatedAt"`

const changed = (sql: Sql<{ bigint: number }>) => sql`(
  (known.name, known.description, known.price, known.currency, known.stock) is distinct from
  (excluded.name, excluded.description, excluded.price, excluded.currency, excluded.stock))`
