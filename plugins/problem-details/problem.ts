/** What a kind of problem needs to be known by on the wire. A service's catalogue may carry more. */
export interface ProblemType {
  /** HTTP status, 400 to 599. */
  readonly status: number
  /** Short, and the same for every occurrence (RFC 9457 section 3.1.4). */
  readonly title: string
  /** The `detail` of an occurrence that brings none of its own. */
  readonly detail: string
}

/** A service's problems by slug, the last segment of the `type` URI. */
export type ProblemCatalogue = Readonly<Record<string, ProblemType>>

export interface ProblemOptions {
  /** What went wrong this time, for the person who reads it. Never an inside of the service. */
  detail?: string | undefined
  /** Extension members (RFC 9457 section 3.2). They cannot overwrite a standard member. */
  extensions?: Readonly<Record<string, unknown>> | undefined
  /** Response headers beyond those that every problem carries, e.g. `retry-after`. Names are lower-cased. */
  headers?: Readonly<Record<string, string>> | undefined
  /** The error beneath. It reaches the log, never the client. */
  cause?: unknown
}

/**
 * A refusal, named by its slug in the catalogue. Status, title and URI are the catalogue's; this only says
 * which problem, and what was particular about it. It does not change after it was made.
 */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly slug: string
  /** Undefined: the catalogue's sentence stands in. */
  readonly detail: string | undefined
  readonly extensions: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(slug: string, options: ProblemOptions = {}) {
    super(
      options.detail === undefined ? slug : `${slug}: ${options.detail}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.slug = slug
    this.detail = options.detail
    this.extensions = Object.freeze({ ...options.extensions })
    this.headers = Object.freeze(
      Object.fromEntries(
        Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      ),
    )
    // Not Object.freeze: loggers and tracers hang symbols of their own on an error and throw on a frozen one.
    for (const field of Object.keys(this)) Object.defineProperty(this, field, { writable: false })
  }
}
