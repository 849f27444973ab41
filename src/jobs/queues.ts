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

export const deadLetterQueue = (queue: string) => `${queue}-dead`

/** A year, in seconds: work that waits, or that died, is kept until somebody decides about it. */
const KEEP_SECONDS = 365 * 24 * 3600

/** What pg-boss is told about every queue; see `createQueue` there. Seconds, where a name says so. */
export const queueSettings = {
  // The contract's figure: about half an hour of an outage with the delays below, then a person decides.
  retryLimit: 14,
  // The worker works out each delay itself (full jitter, Retry-After); these serve when a worker was killed.
  retryDelay: 2,
  retryBackoff: true,
  retryDelayMax: 300,
  // A call has at most ten seconds, so a minute of silence from a job that still beats is a hang.
  expireInSeconds: 60,
  // A killed worker's job runs again within this and one round of the monitor: under a minute.
  heartbeatSeconds: 20,
  retentionSeconds: KEEP_SECONDS,
  deleteAfterSeconds: 24 * 3600,
} as const
