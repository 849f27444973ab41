import postgres from 'postgres'
import { createCursors } from '#plugins/cursor.ts'
import { fromUuid } from '#src/orders/order-id.ts'
import { type Bench, type Row, withScope } from '../bench.ts'
import { type Contest, type Figure, timeTaken } from '../contest.ts'
import { type DatabaseServer, PRODUCTS, personIdOf } from '../database.ts'
import { COLLECTOR, createGrownShop } from '../grown-shop.ts'
import { lookBefore } from '../invariants.ts'
import { measureLoad, requestText } from '../load.ts'
import type { ServerProcess } from '../server-process.ts'
import { ORDER_TYPE, SECRET, startDependencies, startService, tokenOf } from '../service.ts'
import { measureOrdersIn } from './order.ts'

const FEW = 10_000
/** Enough to keep two processors at work, few enough that a request's time is not spent waiting for the others. */
const CLIENTS = 8
/** As many different orders are read in turn. */
const READ = 1_000
/** Of a list, if nobody asks for another. */
const PAGE = 20

/** The same requests to the same service, of a shop that has grown and of one that has not: costs must not grow. */
export const grownRow = (database: DatabaseServer): Row => ({
  name: 'grown',
  async prepare(bench) {
    const small = await createGrownShop(bench, database, FEW)
    const few = await open(bench, FEW, await database.copy(bench, small))
    const many = await open(bench, bench.orders, await createGrownShop(bench, database, bench.orders))
    return [
      reads(bench, 'GET /orders/{id}', few, many, someOrders),
      reads(bench, 'GET /orders, page 1', few, many, firstPage),
      reads(bench, `GET /orders, page ${pageOf(bench.orders)} and ${pageOf(FEW)}`, few, many, pageDeepDown),
      {
        ...about('POST /orders', many),
        ours: { name: 'many orders', measure: () => placeIn(bench, many.databaseUrl) },
        peer: {
          name: `${FEW} orders`,
          // A run adds as many orders as were there; to the other it adds next to nothing, and a copy would take minutes.
          measure: () => withScope(bench, async (scope) => placeIn(scope, await database.copy(scope, small))),
        },
      },
    ]
  },
})

interface Shop {
  orders: number
  databaseUrl: string
  service: ServerProcess
}

async function open(bench: Bench, orders: number, databaseUrl: string): Promise<Shop> {
  const { url } = await startDependencies(bench)
  return { orders, databaseUrl, service: await startService(bench, databaseUrl, url) }
}

const about = (what: string, many: Shop) => ({
  title: `${what}, ${CLIENTS} clients, ${many.orders} orders`,
  target: '≤ 1.15 times the time',
  ratioOf: timeTaken,
})

async function placeIn(bench: Bench, databaseUrl: string): Promise<Figure> {
  const before = await lookBefore(databaseUrl)
  return await measureOrdersIn(bench, databaseUrl, { clients: CLIENTS, products: PRODUCTS }, before)
}

function reads(
  bench: Bench,
  what: string,
  few: Shop,
  many: Shop,
  requestsTo: (shop: Shop) => Promise<string[]>,
): Contest {
  const measure = async (shop: Shop) =>
    measureLoad(bench, shop.service, { clients: CLIENTS, requests: await requestsTo(shop) }, 200)
  return {
    ...about(what, many),
    ours: { name: 'many orders', measure: () => measure(many) },
    peer: { name: `${FEW} orders`, measure: () => measure(few) },
  }
}

const asking = async (url: string, person: number, path: string, accept: string) =>
  requestText(url, path, { authorization: `Bearer ${await tokenOf(person)}`, accept })

/** From all over the table: pages are drawn, so that drawing does not read the table. */
async function someOrders({ orders, databaseUrl, service }: Shop): Promise<string[]> {
  const percent = Math.min(100, (100 * 20 * READ) / orders)
  const drawn = await select<{ id: string; person: number }>(
    databaseUrl,
    `select id, substr(principal, 8)::integer as person from orders tablesample system (${percent})
     where principal like 'person-%' order by random() limit ${READ}`,
  )
  return await Promise.all(
    drawn.map(({ id, person }) => asking(service.url, person, `/orders/${fromUuid(id)}`, ORDER_TYPE)),
  )
}

const LIST_TYPE = 'application/vnd.holdfast.order-list+json; version=2'

const firstPage = async ({ service }: Shop) => [await asking(service.url, COLLECTOR, '/orders', LIST_TYPE)]

/** Four fifths down the collector's orders: page 10,000 of a million orders. */
const pageOf = (orders: number) => Math.floor(orders / 100)

/** The cursor that the service would have given out at the end of the page before, sealed by the service's own code. */
async function pageDeepDown({ orders, databaseUrl, service }: Shop): Promise<string[]> {
  const person = personIdOf(COLLECTOR)
  const [last, first] = await select<{ id: string }>(
    databaseUrl,
    `select id from orders where principal = '${person}'
     order by id desc offset ${(pageOf(orders) - 1) * PAGE - 1} limit 2`,
  )
  if (last === undefined || first === undefined) throw new Error('the shop has not grown as far')
  const cursor = createCursors(SECRET).seal(fromUuid(last.id), `GET /orders  ${person}`)
  const path = `/orders?cursor=${cursor}`
  const headers = { authorization: `Bearer ${await tokenOf(COLLECTOR)}`, accept: LIST_TYPE }
  const page = await (await fetch(service.url + path, { headers })).text()
  if (!page.startsWith(`{"items":[{"id":"${fromUuid(first.id)}"`)) {
    throw new Error(`not the page that was meant: ${page.slice(0, 200)}`)
  }
  return [await asking(service.url, COLLECTOR, path, LIST_TYPE)]
}

async function select<T extends object>(databaseUrl: string, statement: string): Promise<T[]> {
  const sql = postgres(databaseUrl, { max: 1 })
  try {
    return await sql.unsafe<T[]>(statement)
  } finally {
    await sql.end()
  }
}
