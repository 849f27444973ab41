import { NetworkError, TimeoutError } from './errors.ts'

export type Fetch = typeof globalThis.fetch

/** An answer, read to its end. */
export interface Received {
  /** 0: a redirect, of which a browser tells no more. */
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Outgoing {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body?: string
}

/** The longest that a timer can wait, some 25 days; past it, it would not wait at all. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Does something that is given up when it takes too long, or when `signal` is aborted, whether it heeds the signal that it is
 * given or not.
 *
 * @throws {TimeoutError} when it was not done in time
 * @throws the reason of `signal`, when that is aborted
 */
export async function bounded<T>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const either = new AbortController()
  const ended = new Promise<never>((_resolve, reject) => {
    either.signal.addEventListener('abort', () => reject(either.signal.reason))
  })
  const stop = () => either.abort(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(
    () => either.abort(new TimeoutError(timeoutMs)),
    Math.min(timeoutMs, LONGEST_TIMER_MS),
  )
  try {
    return await Promise.race([ended, work(either.signal)])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/**
 * Sends a request once.
 *
 * @throws {NetworkError} when no whole answer came
 */
export async function attempt(
  fetch: Fetch,
  url: string,
  request: Outgoing,
  signal: AbortSignal,
): Promise<Received> {
  try {
    const response = await fetch(url, {
      ...request,
      signal,
      // The token is all that is needed. And the interface never redirects; what does would turn a POST into a GET.
      credentials: 'omit',
      redirect: 'manual',
    })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } catch (cause) {
    throw new NetworkError(cause)
  }
}
