import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { REAPED_AT_ONCE } from '#src/orders/store.ts'
import { REAP_EVERY_MS } from '#src/worker.ts'
import { type Bench, type Row, withScope } from '../bench.ts'
import { type Figure, timeTaken } from '../contest.ts'
import { type DatabaseServer, PRODUCTS } from '../database.ts'
import { addExpiredKeys } from '../grown-shop.ts'
import { measureOrdersIn } from './order.ts'

const CLIENTS = 8
/** As many as a worker reaps at most, so that it has work through the whole run. */
const EXPIRED_PER_SECOND = (1000 / REAP_EVERY_MS) * REAPED_AT_ONCE
/** It is reaping before the service is ready. */
const START_SECONDS = 10
const REAPER = fileURLToPath(new URL('../load/reaper.ts', import.meta.url))

/** Orders while expired keys are reaped as fast as a worker ever does, against the same with the keys left alone. */
export const reapingRow = (database: DatabaseServer): Row => ({
  name: 'reaping',
  prepare: async (bench) => ({
    title: `POST /orders, ${CLIENTS} clients, expired keys reaped beside`,
    target: '≤ 1.15 times the time',
    ratioOf: timeTaken,
    ours: { name: 'with the reaper', measure: () => measure(bench, database, true) },
    peer: { name: 'without it', measure: () => measure(bench, database, false) },
  }),
})

function measure(bench: Bench, database: DatabaseServer, reap: boolean): Promise<Figure> {
  return withScope(bench, async (scope) => {
    const databaseUrl = await database.fresh(scope)
    await addExpiredKeys(
      databaseUrl,
      (START_SECONDS + bench.warmUpSeconds + bench.seconds) * EXPIRED_PER_SECOND,
    )
    const stop = reap ? startReaper(databaseUrl) : undefined
    try {
      return await measureOrdersIn(scope, databaseUrl, { clients: CLIENTS, products: PRODUCTS })
    } finally {
      await stop?.()
    }
  })
}

/** @returns what ends it, and says how far it came */
function startReaper(databaseUrl: string): () => Promise<void> {
  const child = fork(REAPER, { execArgv: [], env: { ...process.env, DATABASE_URL: databaseUrl } })
  const report = once(child, 'message')
  const exit = once(child, 'exit')
  return async () => {
    if (child.connected) child.send('end')
    const [{ reaped }] = await Promise.race([report, exit.then(() => [{ reaped: 0 }])])
    await exit
    console.error(`  ${reaped} keys were reaped`)
    if (reaped === 0) throw new Error('nothing was reaped')
  }
}
