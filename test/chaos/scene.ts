import type { Lifetime } from '../support/postgres.ts'
import { startDatabase } from './database.ts'
import { createFaults } from './faults.ts'
import { createFleet, type Role } from './fleet.ts'
import { createJournal } from './journal.ts'
import { startMail } from './mail.ts'
import { startPayment } from './payment.ts'
import { PRODUCTS, type StormOptions } from './plan.ts'
import { startWarehouse } from './warehouse.ts'

export type Scene = Awaited<ReturnType<typeof startScene>>

/** Everything that a storm blows over: the database, the dependencies, and the processes of the service. */
export async function startScene(lifetime: Lifetime, options: StormOptions) {
  const { seed } = options
  const journal = createJournal()
  const faults = {
    // Some calls outlast an attempt, and the warehouse's whole patience.
    payment: createFaults(seed, 'payment', { slowMs: 2_000 }),
    warehouse: createFaults(seed, 'warehouse', { slowMs: 800 }),
    mail: createFaults(seed, 'mail', { slowMs: 0 }),
  }
  const database = await startDatabase(lifetime)
  const payment = await startPayment(lifetime, faults.payment, journal)
  const warehouse = await startWarehouse(lifetime, faults.warehouse, journal)
  const mail = await startMail(lifetime, faults.mail)
  for (const { id, price, stock } of PRODUCTS) {
    await database.sql`insert into products (id, name, price, currency, stock)
      values (${id}, ${`The ${id}`}, ${price}, 'USD', ${stock})`
  }
  // A killed worker's jobs come back sooner than in life, so that a round need not wait for them.
  await database.sql`update pgboss.queue set heartbeat_seconds = 4 where heartbeat_seconds is not null`

  const roles: Role[] = [
    ...Array<Role>(options.services).fill('all'),
    ...Array<Role>(options.workers).fill('worker'),
  ]
  const parts = {
    databaseUrl: database.url,
    paymentUrl: payment.url,
    inventoryUrl: warehouse.url,
    smtpUrl: mail.url,
  }
  const fleet = createFleet(lifetime, parts, roles, journal)
  await fleet.start()
  return { journal, faults, database, payment, warehouse, mail, fleet }
}
