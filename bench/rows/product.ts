import type { Bench, Row } from '../bench.ts'
import { type DatabaseServer, productIdOf } from '../database.ts'
import { measureLoad, requestText } from '../load.ts'
import { startServer } from '../server-process.ts'
import { PRODUCT_TYPE, startService } from '../service.ts'

const CLIENTS = 32
const PATH = `/products/${productIdOf(7)}`
/** As a program would ask, which is where negotiation begins. */
const headers = { accept: PRODUCT_TYPE }
/** Nobody is asked there: a product needs no dependency. */
const NOWHERE = 'http://127.0.0.1:9'

/** One product over and over, everything on, against a bare route that gives the same body. */
export const productRows = (database: DatabaseServer): Row[] => [
  { name: 'product', prepare: (bench) => contest(bench, database, 200) },
  { name: 'product-304', prepare: (bench) => contest(bench, database, 304) },
]

async function contest(bench: Bench, database: DatabaseServer, status: 200 | 304) {
  const service = await startService(bench, await database.fresh(bench), NOWHERE)
  const sample = await fetch(service.url + PATH, { headers })
  const bare = await startServer(bench, 'bench/peers/bare-product.ts', { BODY: await sample.text() })
  const known = status === 304 ? { 'if-none-match': sample.headers.get('etag') ?? '' } : {}
  const asked = [requestText(service.url, PATH, { ...headers, ...known })]
  const askedBare = [requestText(bare.url, PATH, headers)]
  return {
    title: `GET /products/{id} → ${status}, ${CLIENTS} clients`,
    ours: {
      name: 'the service',
      measure: () => measureLoad(bench, service, { clients: CLIENTS, requests: asked }, status),
    },
    peer: {
      name: 'bare Fastify route',
      measure: () => measureLoad(bench, bare, { clients: CLIENTS, requests: askedBare }, 200),
    },
  }
}
