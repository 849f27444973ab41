import { CallFailed } from '#plugins/circuit-breakers.ts'
import { isUnavailable } from '#plugins/database/unavailable.ts'
import { reasonOf } from '#plugins/job-queue/reason.ts'
import type { Job, JobHandlers, JobOutcome } from '#plugins/job-queue.ts'
import type { QueueName } from '../jobs/queues.ts'
import { chargeOrder } from './charge-order.ts'
import { mailCustomer } from './mail-customer.ts'
import type { Orders } from './orders.ts'
import { refundOrder } from './refund-order.ts'
import { releaseStock, reserveStock } from './warehouse-jobs.ts'

/** What a job about an order is told. */
export interface OrderJob {
  /** The UUID of the order. */
  orderId: string
  /** Which mail, for `send-mail`: a `MailKind` as far as anybody knows before it is looked at. */
  mail?: string
  /** Where the mail goes: the customer's address when the order was moved; absent where nobody knew one. */
  to?: string
}

/** What each queue's jobs do. A handler that throws is classed here, once for all of them. */
export function orderJobs(orders: Orders): JobHandlers<QueueName> {
  return {
    'finish-order': classed((job) => finishAbandoned(orders, job)),
    'charge-order': classed((job) => chargeOrder(orders, job)),
    'refund-order': classed((job) => refundOrder(orders, job)),
    'reserve-stock': classed((job) => reserveStock(orders, job)),
    'release-stock': classed((job) => releaseStock(orders, job)),
    'send-mail': classed((job) => mailCustomer(orders, job)),
  }
}

/** The completer: an order whose process died is finished on the same path as by its request. */
async function finishAbandoned(
  { store, finish }: Orders,
  { data, context }: Job<OrderJob>,
): Promise<JobOutcome> {
  const abandoned = await store.takeOver(data.orderId)
  if (abandoned !== null) {
    await finish(abandoned.order, abandoned.format, context)
    return { kind: 'done' }
  }
  const order = await store.findByUuid(data.orderId)
  if (order?.status !== 'pending') return { kind: 'done' }
  return { kind: 'retry', reason: 'somebody else holds the lease', afterMs: 5_000, counts: false }
}

function classed(handle: (job: Job<OrderJob>) => Promise<JobOutcome>) {
  return async (job: Job<unknown>): Promise<JobOutcome> => {
    if (!isOrderJob(job.data)) return { kind: 'dead', reason: 'the job does not say which order it is about' }
    try {
      return await handle({ ...job, data: job.data })
    } catch (error) {
      // The database is away: that says nothing against the job.
      if (isUnavailable(error))
        return { kind: 'retry', reason: 'the database is away', counts: false, cause: error }
      if (!(error instanceof CallFailed)) throw error
      // Neither does a circuit that is open, or a bulkhead that is full: nobody was asked.
      const asked = error.reason !== 'circuit-open' && error.reason !== 'bulkhead-full'
      if (error.reason === 'permanent') return { kind: 'dead', reason: reasonOf(error), cause: error }
      return {
        kind: 'retry',
        reason: reasonOf(error),
        cause: error,
        counts: asked,
        ...(error.retryAfterMs === undefined ? {} : { afterMs: error.retryAfterMs }),
      }
    }
  }
}

function isOrderJob(data: unknown): data is OrderJob {
  return typeof data === 'object' && data !== null && 'orderId' in data && typeof data.orderId === 'string'
}
