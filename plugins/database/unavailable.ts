import { Problem } from '../problem-details.ts'

/**
 * The database could not be asked, did not answer in time, has no room, or has not the schema of this release yet. What
 * was sent may or may not have happened.
 */
export class DatabaseUnavailable extends Problem {
  constructor(cause: unknown) {
    super('service-unavailable', {
      detail: 'The database is away or not ready. Try again shortly, with the same idempotency key.',
      headers: { 'Retry-After': '2' },
      cause: typeof cause === 'string' ? new Error(cause) : cause,
    })
  }

  static from(error: unknown): DatabaseUnavailable {
    return error instanceof DatabaseUnavailable ? error : new DatabaseUnavailable(error)
  }
}

/** The driver's and the operating system's words for a connection that is not there (any more). */
const LOST = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  // PostgreSQL, appendix A: class 57 (shutdown, crash, starting up), class 08, and a standby not yet promoted.
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '08000',
  '08003',
  '08006',
  // What PgBouncer says of everything that goes wrong behind it.
  '08P01',
  '25006',
  // Too many connections: a slot may be free in a moment.
  '53300',
  // A serialization failure or a deadlock: the statement left nothing behind and may be sent again.
  '40001',
  '40P01',
])

/**
 * PostgreSQL's word as it ends a session, or begins none: it shuts down, lets nobody in, is not there. A password is being
 * changed, a backup restored. Some of its codes are those of statements too, but no statement is at fault here.
 */
const SESSION_OVER = new Set<unknown>(['FATAL', 'PANIC'])

/** Node's words, and OpenSSL's, for a server that is not who it should be, or speaks no TLS: nothing was asked of it. */
const UNTRUSTED = /^(?:CERT_|CRL_|EPROTO$|ERR_SSL_|ERR_TLS_|HOSTNAME_MISMATCH$|UNABLE_TO_)|SELF_SIGNED_CERT/

/**
 * A table, column, function or schema that is not there (yet): a release came before its migrations. Not sent again at
 * once, as a migration takes its time.
 */
const BEHIND = new Set(['42P01', '42703', '42883', '3F000'])

/** Out of time: the server gave the statement up (57014) or could not lock (55P03). Not sent again at once. */
const OUT_OF_TIME = new Set(['57014', '55P03'])

/** The server has no disk (53100) or memory (53200) left: the statement left nothing behind, and the next fares no better. */
const EXHAUSTED = new Set(['53100', '53200'])

/**
 * What a pooler in transaction mode does not have, by what it says where that is asked of it: it refuses parameters
 * of a session, and an old one does not know what was prepared on another connection.
 */
export function missingInPooler(error: unknown): 'startupParameters' | 'prepare' | undefined {
  if (!(error instanceof Error)) return undefined
  if (error.message.includes('unsupported startup parameter')) return 'startupParameters'
  return hasCode(error, NOT_PREPARED_HERE) ? 'prepare' : undefined
}

/** `invalid_sql_statement_name`, `duplicate_prepared_statement` */
const NOT_PREPARED_HERE = new Set(['26000', '42P05'])

/** True where the same statement may succeed on another connection in a moment. */
export function isConnectionLoss(error: unknown): boolean {
  return hasCode(error, LOST) || isSessionOver(error) || isUntrusted(error) || isGarbage(error)
}

function isSessionOver(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // The first is never translated; a pooler may leave it out.
  const severity: unknown = Reflect.get(error, 'severity') ?? Reflect.get(error, 'severity_local')
  return SESSION_OVER.has(severity)
}

function isUntrusted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && UNTRUSTED.test(String(error.code))
}

/** The driver trips over an answer that is none of PostgreSQL's; it adds the query to whatever it throws. */
function isGarbage(error: unknown): boolean {
  return (error instanceof TypeError || error instanceof RangeError) && 'query' in error
}

/** True where the fault is the database's state rather than the statement. */
export function isUnavailable(error: unknown): boolean {
  return (
    error instanceof DatabaseUnavailable ||
    isConnectionLoss(error) ||
    hasCode(error, OUT_OF_TIME) ||
    hasCode(error, EXHAUSTED) ||
    hasCode(error, BEHIND)
  )
}

/** True where a statement waited too long for what others hold: another, which needs something else, may do well. */
export function isOutOfTime(error: unknown): boolean {
  return hasCode(error instanceof DatabaseUnavailable ? error.cause : error, OUT_OF_TIME)
}

function hasCode(error: unknown, codes: Set<string>): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string' && codes.has(error.code)) return true
  // Several hosts were tried: the driver wraps what each of them said.
  if (error instanceof AggregateError) return error.errors.some((one) => hasCode(one, codes))
  return false
}
