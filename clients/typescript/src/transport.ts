import { attempt, bounded, type Outgoing, type Received } from './attempt.ts'
import { HoldfastError, hasSlug, isProblemBody, ProblemError, UnexpectedAnswerError } from './errors.ts'
import type { CachedAnswer } from './etag-cache.ts'
import { problemSlugs } from './generated.ts'
import { createLifecycleWatch } from './lifecycle.ts'
import type { CallOptions, Settings } from './options.ts'
import { checked, type Repeatable, withRetries } from './retry.ts'
import { retryAfterMs } from './retry-after.ts'

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** With its query, below the base URL. */
  readonly path: string
  /** The resource type of the answer: `order` of `application/vnd.holdfast.order+json`. */
  readonly type: string
  readonly repeatable: Repeatable
  /** Whether it goes without a token. */
  readonly isPublic?: boolean
  readonly headers?: Record<string, string> | Promise<Record<string, string>>
  /** As text, made when the call was: what the caller does to an object meanwhile does not change what is sent again. */
  readonly body?: { readonly contentType: string; readonly text: string }
}

export interface Answer<Body> {
  readonly body: Body
  readonly etag: string | undefined
  readonly link: string | undefined
}

export type Transport = ReturnType<typeof createTransport>

/** The media type of a resource in a version. */
export function mediaType(type: string, version: number): string {
  return `application/vnd.holdfast.${type}+json; version=${version}`
}

/** Sends calls until they are answered, and turns answers into values and errors. */
export function createTransport(settings: Settings) {
  const { baseUrl, version, fetch, cache, onAttempt } = settings
  const heedLifecycle = createLifecycleWatch(version, settings.onDeprecation)

  async function requestOf(
    call: Call,
    cached: CachedAnswer | undefined,
    token: string | undefined,
  ): Promise<Outgoing> {
    const headers = {
      accept: mediaType(call.type, version),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(call.body !== undefined && { 'content-type': call.body.contentType }),
      ...(cached !== undefined && { 'if-none-match': cached.etag }),
      ...(await call.headers),
    }
    return { method: call.method, headers, ...(call.body && { body: call.body.text }) }
  }

  function read<Body>(
    { method }: Call,
    url: string,
    received: Received,
    cached?: CachedAnswer,
  ): Answer<Body> {
    const { status, headers } = received
    const spoken = headers.get('api-version')
    const fresh: CachedAnswer = {
      etag: headers.get('etag') ?? '',
      body: received.text,
      link: headers.get('link') ?? undefined,
    }
    if (status === 304 && cached !== undefined) {
      return { body: parse(cached.body, received), etag: cached.etag, link: fresh.link ?? cached.link }
    }
    const body = parse(received.text, received)
    if (status < 200 || status > 299) throw failureOf(body, received)
    // It stands on every answer of the service, so what comes without it is something else's, a captive portal's say.
    if (spoken !== String(version)) throw unexpected(`An answer in version ${spoken ?? 'none'}`, received)
    // What was posted to a URL is not what is read there.
    if (method === 'GET' && fresh.etag !== '') cache?.set(url, fresh)
    return { body, etag: fresh.etag || undefined, link: fresh.link }
  }

  return {
    version,

    /** Keeps an answer that is also the representation of another URL, to be asked for with its entity tag. */
    remember(path: string, body: unknown, etag: string | undefined): void {
      if (etag !== undefined) cache?.set(`${baseUrl}${path}`, { etag, body: JSON.stringify(body) })
    },

    /**
     * @throws {HoldfastError} the last failure, when the call was refused, may not be repeated, or its deadline would be passed
     * @throws the reason of `options.signal`, when that is aborted
     * @throws RangeError if `options.deadlineMs` is none above 0
     */
    async send<Body>(call: Call, options: CallOptions): Promise<Answer<Body>> {
      const url = `${baseUrl}${call.path}`
      const cached = call.method === 'GET' ? cache?.get(url) : undefined
      const deadlineMs = options.deadlineMs ?? settings.retry.deadlineMs
      const policy = checked({ ...settings.retry, deadlineMs })
      const { method } = call
      let number = 0
      let beganAt = 0
      let status: number | undefined

      async function once(signal: AbortSignal): Promise<Answer<Body>> {
        number++
        beganAt = performance.now()
        const token = call.isPublic ? undefined : await settings.token()
        let received = await ask(signal, token)
        if (status === 401 && token !== undefined) {
          // One more try with a fresh token, if there is one: it may have run out on the way.
          const fresh = await settings.token(token)
          signal.throwIfAborted()
          if (fresh !== undefined && fresh !== token) {
            onAttempt({ method, url, number, ms: performance.now() - beganAt, status, retryInMs: 0 })
            number++
            received = await ask(signal, fresh)
          }
        }
        const answer = read<Body>(call, url, received, cached)
        const replayed = received.headers.get('idempotency-replayed') === 'true'
        onAttempt({ method, url, number, ms: performance.now() - beganAt, status, replayed })
        return answer
      }

      async function ask(signal: AbortSignal, token: string | undefined): Promise<Received> {
        beganAt = performance.now()
        status = undefined
        const received = await attempt(fetch, url, await requestOf(call, cached, token), signal)
        status = received.status
        heedLifecycle(received.headers)
        return received
      }

      return await withRetries(policy, call.repeatable, options.signal, once, (error, retryInMs) => {
        if (error instanceof HoldfastError) error.attempts = number
        onAttempt({ method, url, number, ms: performance.now() - beganAt, status, error, retryInMs })
      })
    },

    /** Waits for something that is no request, for as long as for an attempt. */
    wait<T>(work: () => Promise<T>, { signal }: CallOptions): Promise<T> {
      return bounded(settings.retry.attemptTimeoutMs, signal, work)
    },
  }
}

/** @returns what the JSON says; nobody but the caller knows which representation that is */
function parse(text: string, received: Received) {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // Of what was to be JSON, a body that broke off.
    const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(received.headers.get('content-type') ?? '')
    throw unexpected('An answer that is not JSON', received, isJson ? cause : undefined)
  }
}

function failureOf(body: unknown, received: Received): Error {
  if (!isProblemBody(body)) return unexpected('An error that is no problem of this service', received)
  const slug = problemSlugs.find((one) => hasSlug(body, one))
  if (slug !== undefined && hasSlug(body, slug)) return new ProblemError(slug, body, detailsOf(received))
  return new UnexpectedAnswerError(body.detail, received.text, detailsOf(received), body)
}

function unexpected(what: string, received: Received, cause?: unknown): UnexpectedAnswerError {
  return new UnexpectedAnswerError(what, received.text, detailsOf(received), undefined, cause)
}

const detailsOf = ({ status, headers }: Received) => ({
  status,
  requestId: headers.get('x-request-id') ?? undefined,
  retryAfterMs: retryAfterMs(headers),
  etag: headers.get('etag') ?? undefined,
})
