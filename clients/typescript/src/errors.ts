import type { Problem, Problems } from './generated.ts'

export type ProblemSlug = keyof Problems

/** What every error of this client is, but for an abort: that is thrown as the reason of the caller's own signal. */
export abstract class HoldfastError extends Error {
  /** How many attempts were made, one with a fresh token included: the `number` of the last. */
  attempts = 1
}

/** No answer came: the name did not resolve, the connection was refused, reset or lost. `cause` is what `fetch` said. */
export class NetworkError extends HoldfastError {
  override readonly name = 'NetworkError'

  constructor(cause: unknown) {
    super('The service could not be reached, or the connection was lost', { cause })
  }
}

/** No whole answer came in time. */
export class TimeoutError extends HoldfastError {
  override readonly name = 'TimeoutError'
  readonly timeoutMs: number

  constructor(timeoutMs: number) {
    super(`No answer within ${Math.round(timeoutMs)} ms`)
    this.timeoutMs = timeoutMs
  }
}

export interface AnswerDetails {
  readonly status: number
  /** By this the service's log knows the request. */
  readonly requestId?: string | undefined
  /** What `Retry-After` asked to wait. */
  readonly retryAfterMs?: number | undefined
  /** Of a `precondition-failed`: the current entity tag. */
  readonly etag?: string | undefined
}

/** The service said no, and which no. Tell problems apart by `slug`, best through {@link isProblem}. */
export class ProblemError<S extends ProblemSlug = ProblemSlug>
  extends HoldfastError
  implements AnswerDetails
{
  override readonly name = 'ProblemError'
  readonly slug: S
  /** The whole body, with the members that are particular to this problem. */
  readonly problem: Problems[S]
  readonly status: number
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly etag: string | undefined

  constructor(slug: S, problem: Problems[S], { status, requestId, retryAfterMs, etag }: AnswerDetails) {
    super(problem.detail)
    this.slug = slug
    this.problem = problem
    this.status = status
    this.requestId = requestId
    this.retryAfterMs = retryAfterMs
    this.etag = etag
  }
}

/**
 * An answer that is none of this service's: a page of some proxy, a redirect, broken JSON, not in the version that was asked for,
 * or a problem that this release of the client does not know yet.
 */
export class UnexpectedAnswerError extends HoldfastError implements AnswerDetails {
  override readonly name = 'UnexpectedAnswerError'
  readonly status: number
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly etag: string | undefined
  /** The body's first 200 characters. */
  readonly excerpt: string
  /** If it is a problem after all. */
  readonly problem: Problem | undefined

  constructor(what: string, body: string, details: AnswerDetails, problem?: Problem, cause?: unknown) {
    super(`${what} (${details.status})`, { cause })
    this.status = details.status
    this.requestId = details.requestId
    this.retryAfterMs = details.retryAfterMs
    this.etag = details.etag
    this.excerpt = body.slice(0, 200)
    this.problem = problem
  }
}

/** A union over all problems, so that `switch (error.slug)` knows the members of each. */
export type AnyProblemError<S extends ProblemSlug = ProblemSlug> = { [K in S]: ProblemError<K> }[S]

/** Whether an error is a problem; with slugs: whether it is one of these. */
export function isProblem(error: unknown): error is AnyProblemError
export function isProblem<S extends ProblemSlug>(
  error: unknown,
  ...slugs: [S, ...S[]]
): error is AnyProblemError<S>
export function isProblem(error: unknown, ...slugs: ProblemSlug[]): error is AnyProblemError {
  return error instanceof ProblemError && (slugs.length === 0 || slugs.includes(error.slug))
}

/** Whether a body is a certain problem, by the end of its `type`: hosts differ, slugs do not. */
export function hasSlug<S extends ProblemSlug>(body: Problem, slug: S): body is Problems[S] {
  return body.type.endsWith(`/problems/${slug}`)
}

/** Whether a parsed body is a problem (RFC 9457) with the members that this service always gives. */
export function isProblemBody(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false
  if (!('type' in body && 'title' in body && 'status' in body && 'detail' in body)) return false
  return typeof body.type === 'string' && typeof body.detail === 'string' && typeof body.status === 'number'
}
