import type { FailureClass } from '#plugins/circuit-breakers.ts'

export interface HttpFailureOptions {
  /** Undefined where no answer came, or none that says what was done. */
  status?: number | undefined
  retryAfterMs?: number | undefined
  cause?: unknown
}

/** An attempt over HTTP that brought no answer to act on. Its message repeats nothing of the other side's but words we know. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure'
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  constructor(message: string, { status, retryAfterMs, cause }: HttpFailureOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** No connection came about, so nothing can have been done. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** The request itself was wrong, and was not sent. */
const OUR_MISTAKE = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_URL'])

/**
 * 429 and 5xx may pass; any other status is a mistake of ours that would be one again. A 5xx leaves open
 * whether the work was done before it went wrong (RFC 9110 section 15.6.5 for a gateway's). Without a status,
 * the connection failed: unknown, unless it never stood.
 */
export function classifyHttpFailure(error: unknown): FailureClass {
  if (!(error instanceof HttpFailure)) return { transient: false, outcomeUnknown: true }
  const { status, retryAfterMs } = error
  if (status === undefined) {
    const code = codeOf(error.cause)
    if (OUR_MISTAKE.has(code)) return { transient: false, outcomeUnknown: false }
    return { transient: true, outcomeUnknown: !NEVER_SENT.has(code), retryAfterMs }
  }
  if (status === 429) return { transient: true, outcomeUnknown: false, retryAfterMs }
  if (status >= 500) return { transient: true, outcomeUnknown: true, retryAfterMs }
  return { transient: false, outcomeUnknown: false }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
