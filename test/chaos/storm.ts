import { setTimeout as pause } from 'node:timers/promises'
import { createRandom } from '../../sandbox/random.ts'
import type { Lifetime } from '../support/postgres.ts'
import { liveThrough, type Ordered, subjectOf } from './customer.ts'
import { type Violation, violationsOf } from './invariants.ts'
import { createPhone } from './phone.ts'
import { type Blow, planBlows, planOrders, type StormOptions } from './plan.ts'
import { untilQuiet } from './quiet.ts'
import { replayAll } from './replay.ts'
import { type Scene, startScene } from './scene.ts'

export interface StormResult {
  violations: Violation[]
  scene: Scene
  /** What there was of everything, for the report. */
  counts: Record<string, number>
}

/** How many calls go wrong while it storms. */
const FAULT_RATES = { payment: 0.3, warehouse: 0.25, mail: 0.2 }

/** Rounds of storm and quiet over one database; the first round after which anything is broken is the last. */
export async function runStorm(
  lifetime: Lifetime,
  options: StormOptions & { rounds: number },
  say: (line: string) => void = () => {},
): Promise<StormResult> {
  const scene = await startScene(lifetime, options)
  const cancels = await hasCancelRoute(scene)
  const counts: Record<string, number> = { orders: 0 }
  const seen: Violation[] = []
  const all: Ordered[] = []
  for (let round = 1; round <= options.rounds && seen.length === 0; round++) {
    for (const [name, rate] of Object.entries(FAULT_RATES))
      scene.faults[name as keyof typeof FAULT_RATES].set(rate)
    const wrong = (
      what: string,
      { orderId, key }: { orderId?: string | undefined; key?: string | undefined },
    ) => void seen.push({ what, orderId, key })
    const customers = Array.from({ length: options.clients }, async (_, client) => {
      const phone = await createPhone({
        principal: `customer-${client}`,
        seed: options.seed + round,
        addresses: scene.fleet.addresses,
        journal: scene.journal,
        wrong,
      })
      const plans = planOrders(options, round, client)
      return await liveThrough(phone, plans, round, cancels, (what, ordered) =>
        wrong(what, subjectOf(ordered)),
      )
    })
    const [ordered] = await Promise.all([Promise.all(customers), blow(scene, options, round, counts)])
    all.push(...ordered.flat())
    await scene.fleet.whole()

    const restless = await untilQuiet(scene)
    seen.push(...restless, ...(await replayAll(all)), ...(await violationsOf(scene, all, options)))
    counts.orders = all.length
    say(`round ${round}: ${all.length} keys so far, ${seen.length} violations`)
  }
  counts.acknowledged = all.filter(({ answers }) => answers[0]?.status === 201).length
  counts.declined = all.filter(({ answers }) => answers[0]?.status === 402).length
  counts.cancelled = all.filter(({ cancelled }) => cancelled).length
  counts.charges = scene.payment.charges().length
  return { violations: seen, scene, counts }
}

async function blow(
  { database, fleet, journal }: Scene,
  options: StormOptions,
  round: number,
  counts: Record<string, number>,
): Promise<void> {
  const random = createRandom(options.seed, `aim of round ${round}`)
  const startedAt = performance.now()
  const strike = async (what: Blow['what']): Promise<boolean | number> => {
    if (what === 'kill') return await fleet.kill(Math.floor(random() * 100))
    if (what === 'cut') return database.proxy.cut(0.3, random)
    if (what === 'terminate') return await database.terminate(1 + Math.floor(random() * 3), random)
    await database.crash(what)
    return true
  }
  for (const { atMs, what } of planBlows(options, round)) {
    await pause(Math.max(0, startedAt + atMs - performance.now()))
    // With the database away there is nothing to terminate.
    const struck = await strike(what).catch(() => false)
    journal.note(`${what} ${struck}`)
    counts[what] = (counts[what] ?? 0) + Number(struck)
  }
}

/** Without a token, a route that exists asks for one. */
async function hasCancelRoute({ fleet }: Scene): Promise<boolean> {
  const probe = await fetch(`${fleet.addresses()[0]}/orders/ord_00000000000000000000000000/cancel`, {
    method: 'POST',
  })
  return probe.status !== 404 && probe.status !== 405
}
