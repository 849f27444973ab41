import { type Bench, type Row, withScope } from '../bench.ts'
import { type Figure, median, quantile, timeTaken } from '../contest.ts'
import type { DatabaseServer } from '../database.ts'
import { type ServerProcess, startServer } from '../server-process.ts'
import { startService } from '../service.ts'

/** Of one run: as many as fit into its seconds, and at least so many. */
const LEAST = 3
/** Nobody is asked there: being ready needs no dependency but the database. */
const NOWHERE = 'http://127.0.0.1:9'

/** How long an instance that is added takes until it helps; the modules are in the file cache, as after a deployment. */
export const startRow = (database: DatabaseServer): Row => ({
  name: 'start',
  async prepare(bench) {
    const databaseUrl = await database.fresh(bench)
    return {
      title: 'start, from its spawning to ready',
      target: 'p50 ≤ 1,000 ms',
      ratioOf: timeTaken,
      ours: {
        name: 'the service',
        measure: () => measure(bench, (scope) => startService(scope, databaseUrl, NOWHERE)),
      },
      peer: {
        name: 'bare Fastify process',
        measure: () =>
          measure(bench, (scope) => startServer(scope, 'bench/peers/bare-product.ts', { BODY: '{}' })),
      },
    }
  },
})

async function measure(bench: Bench, start: (scope: Bench) => Promise<ServerProcess>): Promise<Figure> {
  const times: number[] = []
  const processor: number[] = []
  const endsAt = performance.now() + bench.seconds * 1000
  while (times.length < LEAST || performance.now() < endsAt) {
    await withScope(bench, async (scope) => {
      const server = await start(scope)
      times.push(server.readyAfterMs)
      const cpuMs = server.cpuMs()
      if (cpuMs !== undefined) processor.push(cpuMs * 1000)
    })
  }
  return {
    perSecond: 1000 / median(times),
    p50: median(times),
    p99: quantile(times, 0.99),
    cpuMicroseconds: processor.length === 0 ? undefined : median(processor),
  }
}
