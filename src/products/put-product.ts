import type { FastifyReply, FastifyRequest } from 'fastify'
import { assertCurrent, hasPrecondition } from '#plugins/conditional-requests.ts'
import { compileValidator } from '#plugins/validation.ts'
import { problem } from '../problems.ts'
import { type CatalogueEntry, PRODUCT_ID, type Product } from './product.ts'
import type { ProductCache } from './product-cache.ts'
import { entryOf, productInput } from './product-input.ts'
import type { ProductStore, PutProduct } from './store.ts'
import { productVersions } from './versions.ts'

export interface PutProductOptions {
  cache: ProductCache
  currency: string
  store: ProductStore
}

type PutRequest = FastifyRequest<{ Params: { id: string } }>

/** Operators see a product as the newest version has it. */
const newest = productVersions.at(-1)

/** Of every version, the newest first: a tag says which state was read, and any of them is read in public. */
const tagsOf = (product: Product) => productVersions.map(({ render }) => render(product).etag).reverse()

/**
 * Creates or replaces a product: `201` or `200` with what it is now. A precondition is held against what stands, and
 * the write asks for the very revision of that; where somebody else was first, it is held against what they made.
 */
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
    const { product, created } = await putUnder(request, entry).finally(() => cache.invalidate([id]))
    request.log.info({ product: id, created, operator: request.operator }, 'product put')

    if (newest === undefined) throw new Error('there is no version of a product')
    const { body, etag } = newest.render(product)
    if (created) reply.code(201).header('location', `/products/${id}`)
    return reply
      .headers({ etag, 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' })
      .send(body)
  }

  async function putUnder(request: FastifyRequest, entry: CatalogueEntry): Promise<PutProduct> {
    if (!hasPrecondition(request)) return await store.put(entry)
    for (;;) {
      const found = await store.find(entry.id)
      assertCurrent(request, ...(found === null ? [] : tagsOf(found)))
      const put = await store.putOver(found, entry)
      if (put !== null) return put
    }
  }
}
