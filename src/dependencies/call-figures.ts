import type { Config } from '../config.ts'

/**
 * The figures that an operator would set; what they argue when left alone stands with each dependency. A whole
 * deadline is shared out among its attempts as the standard one is.
 */
export function callFigures(config: Config) {
  const resetTimeoutMs = config.circuitOpenSeconds * 1000
  return {
    payment: {
      deadlineMs: config.paymentDeadlineMs,
      attemptTimeoutMs: config.paymentDeadlineMs * 0.6,
      bulkhead: config.paymentConnections,
      resetTimeoutMs,
    },
    inventory: {
      deadlineMs: config.inventoryDeadlineMs,
      attemptTimeoutMs: config.inventoryDeadlineMs,
      resetTimeoutMs,
    },
    email: { bulkhead: config.emailConnections, resetTimeoutMs },
  }
}
