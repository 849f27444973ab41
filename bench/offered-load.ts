import { runLoadProcess } from './load/run-process.ts'

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

/** Offers load at a steady rate. */
export const offerLoad = (plan: OfferedPlan): Promise<OfferedReport> =>
  runLoadProcess('offered.ts', plan, isReport)

const isReport = (value: unknown): value is OfferedReport =>
  typeof value === 'object' && value !== null && 'offered' in value
