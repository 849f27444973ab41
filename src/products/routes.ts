import type { FastifyPluginAsync } from 'fastify'
import { getProduct } from './get-product.ts'
import { listProducts } from './list-products.ts'
import type { ProductStore } from './store.ts'
import { productVersions } from './versions.ts'

export interface ProductRoutesOptions {
  store: ProductStore
}

const versions = productVersions.map(({ version }) => version)

/** What the public sees of the catalogue. Needs `productCache`, `cursors` and `acceptVersion` on the application. */
export const productRoutes: FastifyPluginAsync<ProductRoutesOptions> = async (app, { store }) => {
  const { productCache: cache, cursors } = app
  const asList = app.acceptVersion({ type: 'product-list', versions })
  const asProduct = app.acceptVersion({ type: 'product', versions })

  app.get('/products', { onRequest: asList }, listProducts({ cache, cursors, store }))
  app.get<{ Params: { id: string } }>('/products/:id', { onRequest: asProduct }, getProduct(cache))
}
