import type { QueueName } from '../jobs/queues.ts'

/** Work that follows from a move. An order has at most one job in each queue: the order's id is the job's. */
export interface FollowUp {
  queue: QueueName
  delaySeconds: number
  /** Which mail, for `send-mail`. */
  mail?: MailKind
}

export type MailKind = 'order-paid' | 'payment-declined'

/**
 * What the warehouse said: it holds the goods; or it could not be asked in time, and wants to be asked later. Then the
 * order has a job for that, however it ends: by it the release knows that a reservation may still come about.
 */
export type Reservation = 'reserved' | { againInSeconds: number }

export const now = (queue: QueueName): FollowUp => ({ queue, delaySeconds: 0 })

export const mail = (kind: MailKind): FollowUp => ({ queue: 'send-mail', delaySeconds: 0, mail: kind })

export const tellWarehouse = (reservation: Reservation): FollowUp[] =>
  reservation === 'reserved' ? [] : [{ queue: 'reserve-stock', delaySeconds: reservation.againInSeconds }]
