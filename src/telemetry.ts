import type { SheddingStage } from '#plugins/overload.ts'
import { createStatistics } from '#plugins/statistics.ts'
import { createRequestDurations } from '#plugins/telemetry.ts'
import type { KeyResult, OrderOutcome } from './orders/outcomes.ts'

/**
 * What this process counts of itself. Those to whom something happens add to it, each in one place; the operations
 * listener reads it.
 */
export function createTelemetry() {
  return {
    statistics: createStatistics(),
    durations: createRequestDurations(),
    orders: {
      paid: 0,
      payment_pending: 0,
      declined: 0,
      insufficient_stock: 0,
      payment_failed: 0,
      cancelled: 0,
      refunded: 0,
    } satisfies Record<OrderOutcome, number>,
    keys: { miss: 0, hit: 0, conflict: 0, in_progress: 0 } satisfies Record<KeyResult, number>,
    shed: { first: 0, middle: 0, last: 0 } satisfies Record<SheddingStage, number>,
    rateLimited: 0,
    /** By listener. */
    connectionsRefused: { api: 0, operations: 0 },
    /** By queue: jobs that failed for good in this process. */
    dead: new Map<string, number>(),
  }
}
