import { newParentId } from '#plugins/request-id/traceparent.ts'
import { activeSpan } from '#plugins/tracing.ts'

/** What a call belongs to, so that a dependency's log can be read beside ours. */
export interface CallContext {
  requestId: string
  /** W3C Trace Context section 3.2, as it came in. */
  traceparent?: string | undefined
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/**
 * `X-Request-Id` and `traceparent`; the latter names this attempt as the parent: by its span where there is one, so make the
 * headers inside the attempt. What is malformed is left out.
 */
export function contextHeaders({ requestId, traceparent }: CallContext): Record<string, string> {
  const headers: Record<string, string> = {}
  if (REQUEST_ID.test(requestId)) headers['X-Request-Id'] = requestId
  const span = activeSpan()
  if (span !== undefined) return { ...headers, traceparent: span.traceparent }
  const [, traceId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? []
  if (traceId !== undefined) headers.traceparent = `00-${traceId}-${newParentId()}-${flags}`
  return headers
}
