import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../problems.ts'
import { PRODUCT_ID } from './product.ts'
import type { ProductCache } from './product-cache.ts'
import { sendRepresentation } from './send-representation.ts'

type ProductRequest = FastifyRequest<{ Params: { id: string } }>

/** The busiest route of a shop: what is fresh is sent without a promise, and without a look at the id's form. */
export function getProduct(cache: ProductCache) {
  return (request: ProductRequest, reply: FastifyReply): Promise<FastifyReply> | undefined => {
    const fresh = cache.fresh(request.params.id)
    if (fresh === undefined) return readProduct(cache, request, reply)
    sendRepresentation(request, reply, fresh, false)
    return undefined
  }
}

async function readProduct(cache: ProductCache, request: ProductRequest, reply: FastifyReply) {
  const { id } = request.params
  const found = PRODUCT_ID.test(id) ? await cache.product(id) : undefined
  if (found === undefined) throw problem('not-found', { detail: 'There is no such product.' })
  return sendRepresentation(request, reply, found.value, found.stale)
}
