import { type Bench, type Row, withScope } from '../bench.ts'
import type { Figure } from '../contest.ts'
import { type DatabaseServer, PRODUCTS } from '../database.ts'
import { checkOrders } from '../invariants.ts'
import { offerLoad } from '../offered-load.ts'
import { orderRequests, startDependencies, startService } from '../service.ts'
import { measureOrders } from './order.ts'

/** As many clients as give the service all it can do. */
const CLIENTS = 64
/** What a service without limits answers too late for anybody. */
const TIMES = 3
/** Enough for what arrives in the time that a client would wait. */
const CONNECTIONS = 12_000

/** Three times as many orders as can be placed: what is still placed, against what is placed at best. */
export const overloadRow = (database: DatabaseServer): Row => ({
  name: 'overload',
  async prepare(bench) {
    const peak = await measureOrders(bench, database, CLIENTS, PRODUCTS)
    return {
      title: `POST /orders, ${TIMES} times what it can do`,
      ours: {
        name: 'the service, overloaded',
        measure: () => measureOverload(bench, database, peak.perSecond * TIMES),
      },
      peer: {
        name: `the same with ${CLIENTS} clients`,
        measure: () => measureOrders(bench, database, CLIENTS, PRODUCTS),
      },
    }
  },
})

function measureOverload(bench: Bench, database: DatabaseServer, perSecond: number): Promise<Figure> {
  return withScope(bench, async (scope) => {
    const databaseUrl = await database.fresh(scope)
    const dependencies = await startDependencies(scope)
    const service = await startService(scope, databaseUrl, dependencies.url)
    const requests = await orderRequests(service.url, PRODUCTS)
    const plan = { url: service.url, perSecond, connections: CONNECTIONS, requests, good: 201 }
    const warm = await offerLoad({ ...plan, seconds: bench.warmUpSeconds })
    const report = await offerLoad({ ...plan, seconds: bench.seconds })
    await checkOrders(databaseUrl, warm.good + report.good, dependencies.url)
    return {
      perSecond: report.good / bench.seconds,
      p50: report.p50,
      p99: report.p99,
      note: `${report.refused} of ${report.offered} refused, ${report.unsent} unsent`,
    }
  })
}
