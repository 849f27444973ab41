import { plain } from '#plugins/job-queue/reason.ts'
import { parseTraceparent } from '#plugins/request-id/traceparent.ts'
import { fromUuid } from '../orders/order-id.ts'
import { deadLetterQueue, QUEUES, type QueueName } from './queues.ts'

/** A job that failed for good, and waits until somebody decides about it. */
export interface DeadLetter {
  /** A UUID of its own: not the job's, which may die again after it was sent again. */
  id: string
  /** Where the job was, and goes when it is sent again. */
  queue: QueueName
  /** Of the job that died. */
  jobId: string
  /** Why the last attempt failed: one line, without secrets. */
  reason: string
  failedAt: Date
  /** How often it was taken up, also when nobody could be asked. */
  attempts: number
  /** `ord_…` */
  orderId?: string
  /** Of the request that called for the job. */
  requestId?: string
  /** Of that request's trace (W3C), where it had one. */
  traceId?: string
}

/** As the database has it. */
export interface DeadLetterRow {
  id: string
  name: string
  created_on: Date
  source_id: string
  source_retry_count: number
  source_output: unknown
  data: unknown
}

/** Of whom pg-boss gives up by itself, it says so in a word. */
const PG_BOSS_WORDS = new Map([
  ['job heartbeat timeout', 'its worker died or lost the database (job heartbeat timeout)'],
  ['job timed out', 'it took longer than it may (job timed out)'],
])

export function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const queue = QUEUES.find((name) => deadLetterQueue(name) === row.name)
  if (queue === undefined) throw new Error(`${row.name} is no queue of dead letters`)
  return {
    id: row.id,
    queue,
    jobId: row.source_id,
    reason: reasonFrom(row.source_output),
    failedAt: row.created_on,
    attempts: row.source_retry_count + 1,
    ...origin(row.data),
  }
}

/** What the worker wrote, else what pg-boss did: an error's members, or a value. */
function reasonFrom(output: unknown): string {
  const { reason, message, value } = Object(output)
  const said = [reason, message, Object(value).message].find(
    (text) => typeof text === 'string' && text !== '',
  )
  return said === undefined ? 'it did not say why' : (PG_BOSS_WORDS.get(said) ?? plain(said))
}

function origin(data: unknown): Pick<DeadLetter, 'orderId' | 'requestId' | 'traceId'> {
  const { orderId, requestId, traceparent } = Object(data)
  const traceId = parseTraceparent(String(traceparent))?.traceId
  return {
    ...(isUuid(orderId) && { orderId: fromUuid(orderId) }),
    ...(typeof requestId === 'string' && { requestId }),
    ...(traceId !== undefined && { traceId }),
  }
}

/** As PostgreSQL writes them: nothing else is the id of an order or of a dead letter there. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(text)
}
