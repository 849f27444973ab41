import type { JWTPayload } from 'jose'

/** Who a verified token names. Shared among requests, never changed. */
export interface Principal {
  /** The token's `sub`, 1 to 255 characters. */
  readonly id: string
  /** The token's `name`; null if it has none that is text. Its length is the issuer's choice. */
  readonly name: string | null
  /** The token's `email`, not checked for being an address; null if it has none that is text. */
  readonly email: string | null
}

/** In code points. */
const MAX_SUBJECT = 255

/** @returns undefined if `sub` cannot name anybody */
export function principalOf({ sub, name, email }: JWTPayload): Principal | undefined {
  // Some issuers put numbers there, whatever the type says.
  const subject: unknown = sub
  if (!isText(subject) || subject === '' || [...subject].length > MAX_SUBJECT) return undefined
  return Object.freeze({ id: subject, name: textOrNull(name), email: textOrNull(email) })
}

function textOrNull(value: unknown): string | null {
  return isText(value) ? value : null
}

/** Text that any store takes: PostgreSQL has no NUL, and UTF-8 no half of a surrogate pair. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed()
}
