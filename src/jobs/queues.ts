/** The queues there are. Each has a dead-letter queue beside it, `<name>-dead`. */
export const QUEUES = [
  // Finishes an order whose process died between placing and settling it.
  'finish-order',
  // Charges an order that could not be charged while its client waited.
  'charge-order',
  // Gives the money back after a cancellation, or asks first whether any was taken.
  'refund-order',
  // Tells the warehouse of an order that it could not be told of in time, or that it need not keep.
  'reserve-stock',
  'release-stock',
  // Tells the customer.
  'send-mail',
] as const

export type QueueName = (typeof QUEUES)[number]

/**
 * How many jobs of a queue one process works on at once. Each queue has its own, so that none delays another; and none
 * asks more of a dependency than its bulkhead lets through beside what customers wait for.
 */
export const queueConcurrency: Record<QueueName, number> = {
  'finish-order': 20,
  'charge-order': 20,
  'refund-order': 20,
  'reserve-stock': 10,
  'release-stock': 10,
  // The whole bulkhead: nobody else sends mail.
  'send-mail': 10,
}

export const deadLetterQueue = (queue: string) => `${queue}-dead`

/** A year, in seconds: so long is work kept that waits, or that died and wants somebody to decide about it. */
const KEEP_SECONDS = 365 * 24 * 3600

/** What pg-boss is told about every queue; see `createQueue` there. Seconds, where a name says so. */
export const queueSettings = {
  // The contract's figure: some twenty minutes of an outage with the worker's delays, then a person decides.
  retryLimit: 14,
  // The worker works out each delay itself (full jitter, Retry-After). This one is for a job whose worker was killed,
  // which has waited for its heartbeat already: soon, at whatever attempt. Not at once, should the job have killed it.
  retryDelay: 2,
  retryBackoff: false,
  // A call has at most ten seconds, so a minute of silence from a job that still beats is a hang.
  expireInSeconds: 60,
  // A killed worker's job runs again within this, two rounds of the monitor (10 s), the delay above and a poll: under
  // a minute. A database that is away for less loses no job to it.
  heartbeatSeconds: 20,
  retentionSeconds: KEEP_SECONDS,
  deleteAfterSeconds: 24 * 3600,
} as const
