import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { createDatabase } from '#plugins/database.ts'
import { createOrderStore } from '#src/orders/store.ts'
import { REAP_EVERY_MS } from '#src/worker.ts'

/** Reaps expired keys of the database at DATABASE_URL as a worker does, until it is told to end. */
const database = createDatabase({
  url: process.env.DATABASE_URL ?? '',
  poolSize: 1,
  prepare: true,
  log: pino({ level: 'warn' }),
})
const store = createOrderStore(database, { currency: 'USD', leaseSeconds: 15, idempotencyTtlSeconds: 86_400 })

let ending = false
process.once('message', () => {
  ending = true
})
let reaped = 0
while (!ending) {
  reaped += await store.reapKeys()
  await pause(REAP_EVERY_MS)
}
await database.close()
process.send?.({ reaped })
process.disconnect?.()
