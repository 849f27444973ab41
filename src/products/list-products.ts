import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Cursors, type Paging, readPaging } from '#plugins/cursor.ts'
import type { ProductPage } from './product.ts'
import type { ProductCache } from './product-cache.ts'
import { sendRepresentation } from './send-representation.ts'
import type { ProductStore } from './store.ts'

export interface ListProductsOptions {
  cache: ProductCache
  cursors: Cursors
  store: ProductStore
}

/** The list is everybody's, so its cursors belong to the route alone. */
const CONTEXT = 'GET /products'

export function listProducts({ cache, cursors, store }: ListProductsOptions) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const paging = readPaging(request.query, cursors, CONTEXT)
    const key = `${paging.limit}:${paging.cursor ?? ''}`
    const found = await cache.page(key, () => readPage(store, cursors, paging))
    return sendRepresentation(request, reply, found.value, found.stale)
  }
}

async function readPage(store: ProductStore, cursors: Cursors, paging: Paging): Promise<ProductPage> {
  const { limit, cursor, position } = paging
  const after = typeof position === 'string' ? position : ''
  // One more than asked for tells whether there is a next page, and is not shown.
  const found = await store.list(after, limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  const more = found.length > limit && last !== undefined ? cursors.seal(last.id, CONTEXT) : undefined
  return {
    items,
    self: href(limit, cursor),
    next: more === undefined ? undefined : { cursor: more, href: href(limit, more) },
  }
}

function href(limit: number, cursor: string | undefined): string {
  return `/products?limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`
}
