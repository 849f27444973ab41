import type { Health, HealthReport } from '#plugins/health.ts'
import type { QueueDepth } from '../jobs/queue-store.ts'
import { noOrders, type OrdersByStatus } from '../orders/status-store.ts'
import type { Parts } from '../parts.ts'
import { createReading } from './reading.ts'

export type ReadingsParts = Pick<Parts, 'queues' | 'orderStatuses' | 'log'>

export type Readings = ReturnType<typeof createReadings>

/** Of somebody's patience of a second; who watches gets an event that often, whatever is away. */
const PATIENCE_MS = 400
/** Nobody looks more often. */
const LEAST_MS = 1_000
/** Counting may be about a hundredth of what a connection does, however many orders there are. */
const SHARE = 100
/** What counting one takes. By the clock, a count of five orders that had to wait would stand for half a minute. */
const MS_PER_ORDER = 0.0002

/** What statistics and metrics tell that has to be asked for; read once for both, and for everybody who asks. */
export function createReadings({ queues, orderStatuses, log }: ReadingsParts, health: Health) {
  const about = (what: string) => ({
    patienceMs: PATIENCE_MS,
    onError: (error: unknown) => log.warn({ err: error }, `${what} could not be read`),
  })
  return {
    queues: createReading<QueueDepth[]>({
      ...about('queues'),
      read: () => queues.depths(),
      initial: [],
      freshMs: () => LEAST_MS,
    }),
    // It reads every order: in a shop of millions that takes seconds, and is done every few minutes.
    orders: createReading({
      ...about('orders by status'),
      read: () => orderStatuses.count(),
      initial: noOrders(),
      freshMs: (tookMs, counts) => Math.max(LEAST_MS, SHARE * (counts ? sum(counts) * MS_PER_ORDER : tookMs)),
    }),
    // It shares its checks for a second by itself; here it is only kept from being waited for.
    health: createReading<HealthReport>({
      ...about('health'),
      read: () => health.report(),
      initial: { status: 'unhealthy', checks: {}, version: '', uptimeSeconds: 0 },
      freshMs: () => 0,
    }),
  }
}

const sum = (counts: OrdersByStatus): number => Object.values(counts).reduce((all, count) => all + count, 0)
