import { type Tracer, withSpan } from '../tracing.ts'
import type { Job, JobOutcome } from './job.ts'

type Handler = (job: Job<unknown>) => Promise<JobOutcome>

/**
 * Runs each job of a queue as part of the trace of the request that called for it. What a job calls for in its turn belongs
 * to the job's span. Without a tracer it is the handler as it was.
 */
export function tracedHandler(tracer: Tracer | undefined, queue: string, handler: Handler): Handler {
  if (tracer === undefined) return handler
  return async (job) => {
    const span = tracer.start(`process ${queue}`, {
      kind: 'consumer',
      parent: job.context.traceparent,
      attributes: {
        'messaging.system': 'pg-boss',
        'messaging.operation.type': 'process',
        'messaging.operation.name': 'process',
        'messaging.destination.name': queue,
        'messaging.message.id': job.id,
        'holdfast.job.attempt': job.attempt,
      },
    })
    const { traceparent } = span
    try {
      const outcome = await withSpan(span, () =>
        handler({ ...job, context: { ...job.context, traceparent } }),
      )
      span.set({ 'holdfast.job.outcome': outcome.kind })
      span.end(outcome.kind === 'done' ? undefined : (outcome.cause ?? outcome.kind))
      return outcome
    } catch (error) {
      span.end(error)
      throw error
    }
  }
}
