import type { FastifyReply, FastifyRequest } from 'fastify'
import { compileValidator } from '#plugins/validation.ts'
import { problem } from '../problems.ts'
import { PRODUCT_ID } from './product.ts'
import type { ProductCache } from './product-cache.ts'
import { entryOf, productInput } from './product-input.ts'
import type { ProductStore } from './store.ts'
import { productVersions } from './versions.ts'

export interface PutProductOptions {
  cache: ProductCache
  currency: string
  store: ProductStore
}

type PutRequest = FastifyRequest<{ Params: { id: string } }>

/** Operators see a product as the newest version has it. */
const newest = productVersions.at(-1)

/** Creates or replaces a product: `201` or `200` with what it is now. */
export function putProduct({ cache, currency, store }: PutProductOptions) {
  const validate = compileValidator(productInput(currency), 'body')

  return async (request: PutRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { id } = request.params
    if (!PRODUCT_ID.test(id)) {
      const detail = 'must be 1 to 64 of the characters A-Z, a-z, 0-9, _ and -'
      throw problem('validation-failed', {
        extensions: { errors: [{ pointer: '#/id', in: 'path', detail }] },
      })
    }
    const entry = entryOf(id, validate(request.body))
    // Also without an answer: it may have been put all the same.
    const { product, created } = await store.put(entry).finally(() => cache.invalidate([id]))
    request.log.info({ product: id, created, operator: request.operator }, 'product put')

    if (newest === undefined) throw new Error('there is no version of a product')
    const { body, etag } = newest.render(product)
    if (created) reply.code(201).header('location', `/products/${id}`)
    return reply
      .headers({ etag, 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
      .send(body)
  }
}
