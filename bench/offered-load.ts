import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface OfferedPlan {
  url: string
  /** How many requests come, answered or not. */
  perSecond: number
  /** How many can be under way. Past that a customer is taken to have gone elsewhere. */
  connections: number
  seconds: number
  /** As in a `LoadPlan`. */
  requests: string[]
  /** The status of an answer that was worth coming for. */
  good: number
}

export interface OfferedReport {
  offered: number
  good: number
  /** Answered otherwise, which takes a client's time too, but not much of it. */
  refused: number
  /** Never sent, for want of a connection. */
  unsent: number
  /** Milliseconds from request to answer, of the good ones. */
  p50: number
  p99: number
}

const PROCESS = fileURLToPath(new URL('load/offered.ts', import.meta.url))

/** Offers load at a steady rate from a process that does nothing else. */
export async function offerLoad(plan: OfferedPlan): Promise<OfferedReport> {
  const child = fork(PROCESS, { execArgv: [] })
  const exit = once(child, 'exit')
  child.send(plan)
  const [answer] = await Promise.race([once(child, 'message'), exit])
  await exit
  if (!isReport(answer)) throw new Error('the load process failed')
  return answer
}

const isReport = (value: unknown): value is OfferedReport =>
  typeof value === 'object' && value !== null && 'offered' in value
