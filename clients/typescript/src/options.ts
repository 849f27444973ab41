import type { Fetch } from './attempt.ts'
import { createEtagCache, type EtagCache } from './etag-cache.ts'
import type { Representations } from './generated.ts'
import { type KeyStore, keysInMemory } from './key-store.ts'
import type { Deprecation } from './lifecycle.ts'
import { checked, type RetryPolicy } from './retry.ts'

export type Version = keyof Representations

/**
 * Gives the token, now or later, before every attempt.
 *
 * @param refused the token that the service has just refused, if it has: then a fresh one is wanted
 */
export type TokenSource = (refused?: string) => string | undefined | Promise<string | undefined>

/** What became of one attempt: for logs, metrics, or a page that shows what goes on. */
export interface Attempt {
  readonly method: string
  readonly url: string
  /** 1 for the first. One with a fresh token has a number of its own. */
  readonly number: number
  readonly ms: number
  /** None if no answer came. 304: what was cached is still current. */
  readonly status: number | undefined
  /** The service had this answer already, for the same idempotency key. */
  readonly replayed?: boolean
  readonly error?: unknown
  /** In how many milliseconds it is sent again, unless the device oversleeps its deadline. None: that was the last attempt. */
  readonly retryInMs?: number | undefined
}

export interface ClientOptions<V extends Version> {
  /** Where the API is, e.g. `https://api.example.com`; may have a path. */
  readonly baseUrl: string
  /** The version of the interface to speak. */
  readonly version: V
  /** A bearer token, or what gives one. Products can be read without. */
  readonly token?: string | TokenSource
  /** Default: the platform's. */
  readonly fetch?: Fetch
  /** Answers kept for their entity tags; `false` for none. Default: 200 of them, in memory. One for each user. */
  readonly cache?: EtagCache | false
  /** Where idempotency keys are kept. Default: in memory. In a browser `keysInStorage(localStorage)` survives a reload. */
  readonly keys?: KeyStore
  /** Default: 60 s a call, 20 s an attempt, pauses from 250 ms up to 10 s. */
  readonly retry?: RetryOptions | undefined
  readonly onAttempt?: (attempt: Attempt) => void
  /** Told once when the service announces the end of the version in use. */
  readonly onDeprecation?: (deprecation: Deprecation) => void
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call, its pauses included; it is rejected with the reason of the signal. */
  readonly signal?: AbortSignal | undefined
  /** For this call with all its attempts, in milliseconds, above 0. */
  readonly deadlineMs?: number | undefined
}

/** Options with nothing left out. */
export interface Settings {
  readonly baseUrl: string
  readonly version: Version
  readonly token: TokenSource
  readonly fetch: Fetch
  readonly cache: EtagCache | undefined
  readonly keys: KeyStore
  readonly retry: RetryPolicy
  readonly onAttempt: (attempt: Attempt) => void
  readonly onDeprecation: (deprecation: Deprecation) => void
}

/** What is left out, or undefined, is the default. */
type RetryOptions = { readonly [Name in keyof RetryPolicy]?: RetryPolicy[Name] | undefined }

function settleRetry({
  // Longer than the service leaves an order to a process that died (its lease, 15 s), with time to finish it after.
  deadlineMs = 60_000,
  maxAttempts = Number.POSITIVE_INFINITY,
  // Longer than it takes at its slowest: ten seconds for the payment, one for the warehouse.
  attemptTimeoutMs = 20_000,
  baseDelayMs = 250,
  maxDelayMs = 10_000,
  random = Math.random,
}: RetryOptions = {}): RetryPolicy {
  return checked({ deadlineMs, maxAttempts, attemptTimeoutMs, baseDelayMs, maxDelayMs, random })
}

/** `localhost:3000` is a URL too, of a scheme that nobody speaks: each call would fail as on a bad network, to its deadline. */
function settleBaseUrl(baseUrl: string): string {
  const { protocol, href } = new URL(baseUrl)
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`baseUrl has to begin with http:// or https://, and is ${baseUrl}`)
  }
  return href.replace(/\/$/, '')
}

/**
 * @throws TypeError if `baseUrl` is no http or https URL
 * @throws RangeError if a number of `retry` is none above 0
 */
export function settle<V extends Version>(options: ClientOptions<V>): Settings {
  const { token, cache } = options
  return {
    baseUrl: settleBaseUrl(options.baseUrl),
    version: options.version,
    token: typeof token === 'function' ? token : () => token,
    // Called by itself: a browser's `fetch` does not work as a method of something else.
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    cache: cache === false ? undefined : (cache ?? createEtagCache()),
    keys: options.keys ?? keysInMemory(),
    retry: settleRetry(options.retry),
    onAttempt: options.onAttempt ?? (() => {}),
    onDeprecation: options.onDeprecation ?? (() => {}),
  }
}
