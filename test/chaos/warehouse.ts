import type { Lifetime } from '../support/postgres.ts'
import { type Faults, under } from './faults.ts'
import { serveFake } from './http-fake.ts'
import type { Journal } from './journal.ts'

export type ChaosWarehouse = Awaited<ReturnType<typeof startWarehouse>>

/**
 * A warehouse that holds what it is told to, and has none for one order in thirty: always the same no to the
 * same order, whenever it comes to an answer at all.
 */
export async function startWarehouse(lifetime: Lifetime, faults: Faults, journal: Journal) {
  const reservations = new Set<string>()
  const url = await serveFake(lifetime, async (request) => {
    const orderId = request.url?.split('/').at(-1) ?? ''
    const fault = faults.next()
    journal.note(`warehouse: ${request.method} asked (${JSON.stringify(fault)})`, { orderId })
    // A call that takes effect after its caller gave up and went on would be a warehouse nobody could use.
    const worked = fault.kind === 'slow' ? { ...fault, beforeMs: 0 } : fault
    return await under(worked, () => {
      if (request.method === 'PUT' && refuses(orderId)) return { status: 409, body: {} }
      if (request.method === 'PUT') reservations.add(orderId)
      else reservations.delete(orderId)
      return { status: 200, body: {} }
    })
  })
  return { url, holds: (orderId: string) => reservations.has(orderId) }
}

/** By the id's last two characters, which are random: 32 × 32 of them. */
export const refuses = (orderId: string) => {
  const [a = '', b = ''] = orderId.slice(-2)
  return a === 'z' || (a === 'y' && b === 'z')
}
