import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { getProduct } from './get-product.ts'
import { listProducts } from './list-products.ts'
import type { ProductStore } from './store.ts'

export interface ProductRoutesOptions {
  store: ProductStore
}

/** What is no product's id is a product that does not exist, so its form is not judged here. */
const byId = { params: Type.Object({ id: Type.String() }) }

/** What the public sees of the catalogue. Needs `productCache`, `cursors` and `acceptVersion` on the application. */
export const productRoutes: FastifyPluginAsyncTypebox<ProductRoutesOptions> = async (app, { store }) => {
  const { productCache: cache, cursors } = app
  const { versions } = cache
  const asList = app.acceptVersion({ type: 'product-list', versions })
  const asProduct = app.acceptVersion({ type: 'product', versions })

  app.get('/products', { onRequest: asList }, listProducts({ cache, cursors, store }))
  app.get('/products/:id', { schema: byId, onRequest: asProduct }, getProduct(cache))
}
