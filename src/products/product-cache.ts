import fp from 'fastify-plugin'
import { DatabaseUnavailable } from '#plugins/database/unavailable.ts'
import { naturalBatching } from '../natural-batching.ts'
import type { Product, ProductPage } from './product.ts'
import { createStaleIfError, type Found } from './stale-if-error.ts'
import type { ProductStore } from './store.ts'
import { type ProductVersion, productVersions, type Representation } from './versions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What this instance has read of the catalogue. Whoever changes a product calls `invalidate`. */
    productCache: ProductCache
  }
}

/** A product or a page of them, ready to be sent in any version. */
export interface Rendered {
  /** By version. */
  readonly representations: readonly (Representation | undefined)[]
  /** The URL of the next page of a list. */
  readonly next?: string | undefined
}

export interface ProductCacheOptions {
  store: ProductStore
  /** How often the database that they are in has answered so far. */
  answers: () => number
  /** How long an answer is given again without asking, in milliseconds; 0 asks every time. */
  freshMs: number
  /** The forms products are written in; those of this release if left out. */
  versions?: readonly ProductVersion[]
}

export type ProductCache = ReturnType<typeof createProductCache>

/** A shop's whole catalogue as a rule; what does not fit is what nobody asked for lately. */
const PRODUCTS = { maxEntries: 20_000, maxBytes: 64 * 1024 * 1024 }
const LISTS = { maxEntries: 1_000, maxBytes: 32 * 1024 * 1024 }
/** What an entry takes beside its bytes, so that many small ones count for what they are. */
const ENTRY_BYTES = 500
/** Ids in one statement; more only makes everybody wait for the last. */
const MOST_IN_A_STATEMENT = 200

/** Products and lists as finished text. Reads that miss are gathered: many ids are one statement. */
export function createProductCache({
  store,
  answers,
  freshMs,
  versions = productVersions,
}: ProductCacheOptions) {
  const shared = {
    isAway: (error: unknown) => error instanceof DatabaseUnavailable,
    answers,
    tooSlow: () => new DatabaseUnavailable('a read of the catalogue took too long'),
    sizeOf: bytesOf,
    freshMs,
  }
  const products = createStaleIfError<Rendered>({ ...shared, ...PRODUCTS })
  const lists = createStaleIfError<Rendered>({ ...shared, ...LISTS })

  const get = naturalBatching<string, Product | null>({
    send: async (ids) => {
      const found = await store.getMany([...new Set(ids)])
      const byId = new Map(found.map((product) => [product.id, product]))
      return ids.map((id) => byId.get(id) ?? null)
    },
    most: MOST_IN_A_STATEMENT,
    concernsAll: () => true,
  })

  return {
    /** The numbers of the versions that everything here is rendered in. */
    versions: versions.map(({ version }) => version),

    /** @returns what may be sent without asking anybody */
    fresh: (id: string): Rendered | undefined => products.fresh(id),

    /**
     * @returns undefined when there is no such product
     * @throws DatabaseUnavailable when it is away and the product was not read before
     */
    product: (id: string): Promise<Found<Rendered> | undefined> =>
      products.read(id, async () => {
        const product = await get(id)
        return product === null ? undefined : renderProduct(product)
      }),

    /**
     * @param key names the page
     * @param load reads it
     * @throws DatabaseUnavailable when it is away and the page was not read before
     */
    async page(key: string, load: () => Promise<ProductPage>): Promise<Found<Rendered>> {
      const fresh = lists.fresh(key)
      if (fresh !== undefined) return { value: fresh, stale: false }
      const found = await lists.read(key, async () => renderPage(await load()))
      if (found === undefined) throw new Error('a page of products is never absent')
      return found
    },

    /** These products have changed: nothing from before is given out as current any more. */
    invalidate(ids: Iterable<string>): void {
      products.invalidate(ids)
      lists.invalidateAll()
    },
  }

  function renderProduct(product: Product): Rendered {
    return { representations: byVersion((version) => version.render(product)) }
  }

  function renderPage(page: ProductPage): Rendered {
    return { representations: byVersion((version) => version.renderList(page)), next: page.next?.href }
  }

  function byVersion(render: (version: ProductVersion) => Representation) {
    const rendered: (Representation | undefined)[] = []
    for (const version of versions) rendered[version.version] = render(version)
    return rendered
  }
}

function bytesOf({ representations }: Rendered): number {
  return representations.reduce(
    (sum, one) => sum + (one === undefined ? 0 : Buffer.byteLength(one.body)),
    ENTRY_BYTES,
  )
}

/** Shares one cache between the routes that read products and those that change them. */
export const productCache = fp<{ productCache: ProductCache }>(
  async (app, options) => {
    app.decorate('productCache', options.productCache)
  },
  { name: 'product-cache', fastify: '5.x' },
)
