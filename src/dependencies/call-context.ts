import { continueTrace } from '#plugins/request-id/traceparent.ts'
import { REQUEST_ID } from '#plugins/request-id.ts'
import { activeSpan } from '#plugins/tracing.ts'

/** What a call belongs to, so that a dependency's log can be read beside ours. */
export interface CallContext {
  requestId: string
  /** W3C Trace Context section 3.2: of the request, or as the job about it was told. */
  traceparent?: string | undefined
}

/**
 * `X-Request-Id` and `traceparent`; the latter names this attempt as the parent: by its span where there is one, so make the
 * headers inside the attempt. What is malformed, as a job's data may be, is left out.
 */
export function contextHeaders({ requestId, traceparent }: CallContext): Record<string, string> {
  const headers: Record<string, string> = {}
  if (REQUEST_ID.test(requestId)) headers['X-Request-Id'] = requestId
  const parent = activeSpan()?.traceparent ?? continueTrace(traceparent)
  if (parent !== undefined) headers.traceparent = parent
  return headers
}
