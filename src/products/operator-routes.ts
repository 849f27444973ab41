import type { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify'
import { refuseContentCoding } from '#plugins/strict-json.ts'
import { problem } from '../problems.ts'
import { importProducts } from './import-products.ts'
import { putProduct } from './put-product.ts'
import type { ProductStore } from './store.ts'

export interface ProductOperatorRoutesOptions {
  /** The one currency that products may be priced in. */
  currency: string
  store: ProductStore
}

/** How the catalogue comes in. Belongs on the operations listener; needs `productCache` there. */
export const productOperatorRoutes: FastifyPluginAsync<ProductOperatorRoutesOptions> = async (
  app,
  options,
) => {
  const deps = { ...options, cache: app.productCache }

  app.put<{ Params: { id: string } }>(
    '/products/:id',
    { onRequest: readsOnly('application/json') },
    putProduct(deps),
  )

  // A scope of its own, in which bodies are left as streams; so no limit of bytes holds for them.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', async (request: FastifyRequest, payload: Readable) => {
      refuseContentCoding(request)
      return payload
    })
    const takeAll = importProducts(deps)
    const underWay = new Set<Promise<unknown>>()
    scope.post('/products/import', { onRequest: readsOnly('application/x-ndjson') }, (request, reply) => {
      const result = takeAll(request, reply)
      const forget = () => underWay.delete(result)
      underWay.add(result)
      result.then(forget, forget)
      return result
    })
    // One whose connection was closed still saves what it has read, and after the listener the database is closed.
    scope.addHook('onClose', async () => void (await Promise.allSettled(underWay)))
  })
}

function readsOnly(mediaType: string): onRequestHookHandler {
  return (request, _reply, done) => {
    const [type = ''] = (request.headers['content-type'] ?? '').split(';')
    if (type.trim().toLowerCase() === mediaType) done()
    else {
      const headers = { accept: mediaType }
      done(problem('unsupported-media-type', { detail: `Send the body as ${mediaType}.`, headers }))
    }
  }
}
