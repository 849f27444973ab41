import { readFile } from 'node:fs/promises'
import { type Bench, type Row, withScope } from '../bench.ts'
import type { Figure } from '../contest.ts'
import { type DatabaseServer, execute, fillProducts, PRODUCTS } from '../database.ts'
import { checkOrders } from '../invariants.ts'
import { measureLoad } from '../load.ts'
import { startServer } from '../server-process.ts'
import { orderRequests, SECRET, startDependencies } from '../service.ts'
import { measureOrders } from './order.ts'

const CLIENTS = 32
const SCHEMA = new URL('../peers/usual-way.sql', import.meta.url)

/** The whole service against the same written the usual way, each with its own tables. */
export const usualWayRows = (database: DatabaseServer): Row[] => [
  row(database, {
    name: 'usual-way',
    products: PRODUCTS,
    transactions: 'two',
    target: '≥ 3, p99 at most half',
  }),
  row(database, { name: 'usual-way-hot', products: 1, transactions: 'two', target: '≥ 6, p99 at most half' }),
  row(database, { name: 'usual-way-open', products: PRODUCTS, transactions: 'one' }),
  row(database, { name: 'usual-way-open', products: 1, transactions: 'one' }),
]

interface Plan {
  name: string
  /** How many products the orders are spread over. */
  products: number
  /** Of the peer: one stays open while payment and warehouse are called. */
  transactions: 'one' | 'two'
  target?: string
}

function row(database: DatabaseServer, plan: Plan): Row {
  const { name, products, transactions, target } = plan
  return {
    name,
    prepare: async (bench) => ({
      title: `POST /orders, ${CLIENTS} clients, ${products === 1 ? 'one product' : `${products} products`}`,
      target,
      ours: { name: 'the service', measure: () => measureOrders(bench, database, CLIENTS, products) },
      peer: {
        name: transactions === 'one' ? 'the usual way, a transaction open over the calls' : 'the usual way',
        measure: () => measureUsualWay(bench, database, plan),
      },
    }),
  }
}

function measureUsualWay(
  bench: Bench,
  database: DatabaseServer,
  { products, transactions }: Plan,
): Promise<Figure> {
  return withScope(bench, async (scope) => {
    const databaseUrl = await database.empty(scope)
    await execute(databaseUrl, await readFile(SCHEMA, 'utf8'))
    await fillProducts(databaseUrl, 'products (id, name, description, price, stock)')
    await execute(databaseUrl, 'vacuum analyze products')
    const dependencies = await startDependencies(scope)
    const server = await startServer(scope, 'bench/peers/usual-way.ts', {
      DATABASE_URL: databaseUrl,
      AUTH_JWT_SECRET: SECRET,
      PAYMENT_URL: dependencies.url,
      INVENTORY_URL: dependencies.url,
      TRANSACTIONS: transactions,
    })
    const requests = await orderRequests(server.url, products)
    const figure = await measureLoad(scope, server, { clients: CLIENTS, requests }, 201)
    await checkOrders(databaseUrl, figure.answers, dependencies.url)
    return figure
  })
}
