import type { Representations } from './generated.ts'
import type { CallOptions, Version } from './options.ts'
import { createPages, type Page, type PageOptions } from './pages.ts'
import type { Transport } from './transport.ts'

export interface Products<V extends Version> {
  get(id: string, options?: CallOptions): Promise<Representations[V]['Product']>
  page(options?: PageOptions): Promise<Page<Representations[V]['Product']>>
  /** Every product: `for await (const product of client.products.list())`. */
  list(options?: PageOptions): AsyncIterable<Representations[V]['Product']>
}

export function createProducts<V extends Version>(transport: Transport): Products<V> {
  type Product = Representations[V]['Product']
  const pages = createPages<Product>(transport, { path: '/products', type: 'product-list', isPublic: true })
  return {
    async get(id, options = {}) {
      const path = `/products/${encodeURIComponent(id)}`
      const { body } = await transport.send<Product>(
        { method: 'GET', path, type: 'product', repeatable: 'always', isPublic: true },
        options,
      )
      return body
    },
    page: pages.page,
    list: pages.items,
  }
}
