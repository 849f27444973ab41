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

interface Peer {
  name: string
  file: string
}

const BARE: Peer = { name: 'bare Fastify route', file: 'bench/peers/bare-product.ts' }
const EXPRESS: Peer = { name: 'bare Express 5 route', file: 'bench/peers/express-product.ts' }
const HONO: Peer = { name: 'bare Hono route on Node', file: 'bench/peers/hono-product.ts' }

/** One product over and over, everything on, against bare routes that give the same body. */
export const productRows = (database: DatabaseServer): Row[] => [
  { name: 'product', prepare: (bench) => contest(bench, database, 200, BARE, '≥ 0.65') },
  { name: 'product-304', prepare: (bench) => contest(bench, database, 304, BARE, '≥ 0.80') },
  { name: 'product-express', prepare: (bench) => contest(bench, database, 200, EXPRESS) },
  { name: 'product-hono', prepare: (bench) => contest(bench, database, 200, HONO) },
]

async function contest(
  bench: Bench,
  database: DatabaseServer,
  status: 200 | 304,
  peer: Peer,
  target?: string,
) {
  const service = await startService(bench, await database.fresh(bench), NOWHERE)
  const sample = await fetch(service.url + PATH, { headers })
  const body = await sample.text()
  const bare = await startServer(bench, peer.file, { BODY: body })
  await assertSameBody(bare.url, body)
  const known = status === 304 ? { 'if-none-match': sample.headers.get('etag') ?? '' } : {}
  const asked = [requestText(service.url, PATH, { ...headers, ...known })]
  const askedBare = [requestText(bare.url, PATH, headers)]
  return {
    title: `GET /products/{id} → ${status}, ${CLIENTS} clients`,
    target,
    ours: {
      name: 'the service',
      measure: () => measureLoad(bench, service, { clients: CLIENTS, requests: asked }, status),
    },
    peer: {
      name: peer.name,
      measure: () => measureLoad(bench, bare, { clients: CLIENTS, requests: askedBare }, 200),
    },
  }
}

async function assertSameBody(url: string, body: string): Promise<void> {
  const answer = await fetch(url + PATH, { headers })
  if ((await answer.text()) !== body) throw new Error('the peer answers something else')
}
