/** An error as it stands in the log. What else hangs on an error (a query's parameters, a request) is left out. */
export interface LoggedError {
  readonly type: string
  readonly message: string
  readonly stack?: string
  /** Of the system, the database or Fastify, e.g. `ECONNREFUSED`, `23505`. */
  readonly code?: string
  /** Of the database. */
  readonly constraint?: string
  /** Of a problem. */
  readonly slug?: string
  readonly cause?: LoggedError | string
  /** Of an AggregateError. */
  readonly errors?: readonly (LoggedError | string)[]
}

/** Deep enough for any chain that somebody made on purpose, and an end to one that bites its tail. */
const maxDepth = 12

/** An error with its causes to the bottom; of anything else thrown, what it is. */
export function serializeError(error: unknown): LoggedError | string {
  return describe(error, maxDepth)
}

function describe(error: unknown, depth: number): LoggedError | string {
  if (depth === 0) return 'and so on'
  if (!(error instanceof Error)) return typeof error === 'string' ? error : `not an error: ${typeof error}`
  const cause: unknown = error.cause
  const errors: unknown = error instanceof AggregateError ? error.errors.slice(0, 10) : undefined
  return {
    type: error.constructor.name || error.name,
    message: error.message,
    ...text(error, 'stack', 'stack'),
    ...text(error, 'code', 'code'),
    ...text(error, 'constraint_name', 'constraint'),
    ...text(error, 'slug', 'slug'),
    ...(cause === undefined ? {} : { cause: describe(cause, depth - 1) }),
    ...(Array.isArray(errors) ? { errors: errors.map((each) => describe(each, depth - 1)) } : {}),
  }
}

function text(error: Error, member: string, as: string): Record<string, string> {
  const value: unknown = Reflect.get(error, member)
  return typeof value === 'string' && value !== '' ? { [as]: value } : {}
}
