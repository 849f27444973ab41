import { NetworkError, TimeoutError } from './errors.ts'

export type Fetch = typeof globalThis.fetch

/** An answer, read to its end. */
export interface Received {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Outgoing {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string
}

/**
 * Sends a request once.
 *
 * @throws {NetworkError} when no whole answer came
 * @throws {TimeoutError} when it did not come in time
 * @throws the reason of `signal`, when that is aborted
 */
export async function attempt(
  fetch: Fetch,
  url: string,
  request: Outgoing,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Received> {
  signal?.throwIfAborted()
  const either = new AbortController()
  const stop = () => either.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(() => either.abort(), timeoutMs)
  try {
    const response = await fetch(url, {
      ...request,
      signal: either.signal,
      // The token is all that is needed. And the interface never redirects; what does would turn a POST into a GET.
      credentials: 'omit',
      redirect: 'error',
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (cause) {
    signal?.throwIfAborted()
    throw either.signal.aborted ? new TimeoutError(timeoutMs) : new NetworkError(cause)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}
