import { type Bench, type Row, withScope } from '../bench.ts'
import type { Figure } from '../contest.ts'
import { type DatabaseServer, PRODUCTS } from '../database.ts'
import { type Before, checkOrders } from '../invariants.ts'
import { measureLoad } from '../load.ts'
import { findPgbench, measurePgbench, NO_PGBENCH } from '../pgbench.ts'
import { orderRequests, startDependencies, startService } from '../service.ts'

/** Orders whole, against the same two statements alone. */
export const orderRows = (database: DatabaseServer): Row[] => [
  row(database, { name: 'order', clients: 32, products: PRODUCTS, target: '≥ 1.0' }),
  row(database, { name: 'order', clients: 64, products: PRODUCTS, target: '≥ 1.0' }),
  row(database, { name: 'order-hot', clients: 32, products: 1, target: '≥ 2.0' }),
  row(database, { name: 'order-hot', clients: 64, products: 1, target: '≥ 2.0' }),
]

interface Plan {
  name: string
  clients: number
  /** How many products the orders are spread over. */
  products: number
  target: string
}

function row(database: DatabaseServer, { name, clients, products, target }: Plan): Row {
  return {
    name,
    async prepare(bench) {
      const program = await findPgbench()
      if (program === undefined) return NO_PGBENCH
      return {
        title: `POST /orders, ${clients} clients, ${products === 1 ? 'one product' : `${products} products`}`,
        target,
        ours: {
          name: 'the service, charge over HTTP included',
          measure: () => measureOrders(bench, database, clients, products),
        },
        peer: {
          name: 'pgbench, two statements an order',
          measure: () => measureStatements(bench, database, { program, clients, products }),
        },
      }
    },
  }
}

/** A run from an empty shop, which is checked afterwards. */
export function measureOrders(
  bench: Bench,
  database: DatabaseServer,
  clients: number,
  products: number,
): Promise<Figure> {
  return withScope(bench, async (scope) =>
    measureOrdersIn(scope, await database.fresh(scope), { clients, products }),
  )
}

/** A run in a shop as it stands, by a service of its own. What the run left behind is checked afterwards. */
export function measureOrdersIn(
  bench: Bench,
  databaseUrl: string,
  { clients, products }: { clients: number; products: number },
  before?: Before,
): Promise<Figure> {
  return withScope(bench, async (scope) => {
    const dependencies = await startDependencies(scope)
    const service = await startService(scope, databaseUrl, dependencies.url)
    const requests = await orderRequests(service.url, products)
    const figure = await measureLoad(scope, service, { clients, requests }, 201)
    const { orders, queued } = await checkOrders(databaseUrl, figure.answers, dependencies.url, before)
    return {
      ...figure,
      note: queued === 0 ? undefined : `${((100 * queued) / orders).toFixed(1)} % charged later`,
    }
  })
}

export function measureStatements(
  bench: Bench,
  database: DatabaseServer,
  plan: { program: string; clients: number; products: number },
): Promise<Figure> {
  return withScope(bench, async (scope) => {
    const url = await database.fresh(scope)
    const { transactions, ...figure } = await measurePgbench(scope, { ...plan, url })
    const { orders } = await checkOrders(url, transactions)
    if (orders !== transactions) throw new Error(`pgbench made ${transactions} orders, ${orders} are there`)
    return figure
  })
}
