import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '../contest.ts'
import type { OfferedPlan, OfferedReport } from '../offered-load.ts'
import { connectClient, type LoadClient, statusOf } from './client.ts'
import { picker } from './picker.ts'

/** Load that comes whether it is answered or not, as customers do: takes a plan from its parent, reports, and ends. */
process.once('message', async (plan: OfferedPlan) => {
  process.send?.(await run(plan))
  process.disconnect?.()
})

/** What is due is sent this often. A longer pause would send in bursts that no crowd makes. */
const TICK_MS = 5

async function run({
  url,
  perSecond,
  connections,
  seconds,
  requests,
  good,
}: OfferedPlan): Promise<OfferedReport> {
  const pick = picker(requests)
  const idle: LoadClient[] = await Promise.all(Array.from({ length: connections }, () => connectClient(url)))
  const all = [...idle]
  const latencies: number[] = []
  let offered = 0
  let refused = 0
  let unsent = 0
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000

  const send = async (client: LoadClient) => {
    const sentAt = performance.now()
    const status = statusOf(await client.ask(pick()))
    const now = performance.now()
    idle.push(client)
    if (now >= endsAt) return
    if (status === good) latencies.push(now - sentAt)
    else refused++
  }

  const underWay = new Set<Promise<void>>()
  for (let now = startedAt; now < endsAt; now = performance.now()) {
    for (const due = ((now - startedAt) / 1_000) * perSecond; offered < due; offered++) {
      const client = idle.pop()
      if (client === undefined) unsent++
      else {
        const answered = send(client).finally(() => underWay.delete(answered))
        underWay.add(answered)
      }
    }
    await pause(TICK_MS)
  }
  await Promise.all(underWay)
  for (const client of all) client.close()
  return {
    offered,
    good: latencies.length,
    refused,
    unsent,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}
