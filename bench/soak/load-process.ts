import { connectClient } from '../load/client.ts'
import { visit } from './customer.ts'

export interface SoakPlan {
  url: string
  /** Each visits the shop again and again, on one connection. */
  clients: number
  /** After as many, nobody begins another visit. */
  requests: number
  /** Whose visits they are, in turn. */
  tokens: string[]
}

/** Sent about every hundredth of the way, and at the end. */
export interface SoakProgress {
  done: boolean
  requests: number
  /** How many answers there were by what was asked and status: `place 201`. */
  answers: Record<string, number>
  /** The same of those that nobody should have got. */
  unexpected: Record<string, number>
}

/** The load of a soak: takes a plan from its parent, tells how far it is, and ends. */
process.once('message', async (plan: SoakPlan) => {
  await run(plan)
  process.disconnect?.()
})

async function run({ url, clients, requests, tokens }: SoakPlan): Promise<void> {
  const progress: SoakProgress = { done: false, requests: 0, answers: {}, unexpected: {} }
  const step = Math.max(1, Math.floor(requests / 100))
  let visits = 0
  const count = (counts: Record<string, number>, what: string) => {
    counts[what] = (counts[what] ?? 0) + 1
  }
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = await connectClient(url)
      while (progress.requests < requests) {
        const token = tokens[visits++ % tokens.length] ?? ''
        await visit(client, url, token, (what, status, expected) => {
          count(progress.answers, `${what} ${status}`)
          if (!expected) count(progress.unexpected, `${what} ${status}`)
          if (++progress.requests % step === 0) process.send?.(progress)
        })
      }
      client.close()
    }),
  )
  process.send?.({ ...progress, done: true })
}
