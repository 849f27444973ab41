import { quantile } from '../contest.ts'
import type { LoadPlan, LoadReport } from '../load.ts'
import { connectClient, statusOf } from './client.ts'
import { picker } from './picker.ts'

/** The load of one run: takes a plan from its parent, reports, and ends. */
process.once('message', async (plan: LoadPlan) => {
  process.send?.(await run(plan))
  process.disconnect?.()
})

async function run({ url, clients, seconds, requests }: LoadPlan): Promise<LoadReport> {
  const pick = picker(requests)
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  const endsAt = performance.now() + seconds * 1000
  const running = Array.from({ length: clients }, async () => {
    const client = await connectClient(url)
    for (;;) {
      const sentAt = performance.now()
      if (sentAt >= endsAt) break
      const status = statusOf(await client.ask(pick()))
      const now = performance.now()
      // Answers after the end are waited for, so that nothing is cut off, but do not count.
      if (now >= endsAt) break
      latencies.push(now - sentAt)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
    client.close()
  })
  await Promise.all(running)
  return {
    perSecond: latencies.length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    answers: latencies.length,
    statuses,
  }
}
