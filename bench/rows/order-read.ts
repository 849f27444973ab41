import postgres from 'postgres'
import type { Bench, Row } from '../bench.ts'
import { type DatabaseServer, personIdOf, productIdOf } from '../database.ts'
import { measureLoad, requestText } from '../load.ts'
import { startServer } from '../server-process.ts'
import { ORDER_TYPE, startDependencies, startService, tokenOf } from '../service.ts'

const CLIENTS = 32
const ORDERS = 1_000

/** Somebody's own orders, one at random each time, against the same select without token, version or ETag. */
export const orderReadRow = (database: DatabaseServer): Row => ({
  name: 'order-read',
  prepare: (bench) => contest(bench, database),
})

async function contest(bench: Bench, database: DatabaseServer) {
  const databaseUrl = await database.fresh(bench)
  const dependencies = await startDependencies(bench)
  const service = await startService(bench, databaseUrl, dependencies.url)
  const bare = await startServer(bench, 'bench/peers/bare-order-read.ts', { DATABASE_URL: databaseUrl })

  const authorization = `Bearer ${await tokenOf(0)}`
  const paths = await Promise.all(
    Array.from({ length: ORDERS }, (_, index) => place(service.url, authorization, index)),
  )
  const uuids = await uuidsOf(databaseUrl)
  const asked = paths.map((path) => requestText(service.url, path, { authorization, accept: ORDER_TYPE }))
  const askedBare = uuids.map((uuid) => requestText(bare.url, `/orders/${uuid}`, {}))
  return {
    title: `GET /orders/{id}, ${CLIENTS} clients`,
    target: '≥ 0.75',
    ours: {
      name: 'the service',
      measure: () => measureLoad(bench, service, { clients: CLIENTS, requests: asked }, 200),
    },
    peer: {
      name: 'bare Fastify and postgres',
      measure: () => measureLoad(bench, bare, { clients: CLIENTS, requests: askedBare }, 200),
    },
  }
}

async function place(url: string, authorization: string, index: number): Promise<string> {
  const response = await fetch(`${url}/orders`, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': ORDER_TYPE,
      accept: ORDER_TYPE,
      'idempotency-key': `"read-${index}"`,
    },
    body: JSON.stringify({
      items: [{ productId: productIdOf(index), quantity: 1 }],
      paymentToken: 'pm_card_visa',
    }),
  })
  const location = response.headers.get('location')
  if (location === null) throw new Error(`no order to read: ${response.status} ${await response.text()}`)
  return location
}

async function uuidsOf(databaseUrl: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1 })
  try {
    const rows = await sql<{ id: string }[]>`select id from orders where principal = ${personIdOf(0)}`
    return rows.map(({ id }) => id)
  } finally {
    await sql.end()
  }
}
