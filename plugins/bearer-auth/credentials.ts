/**
 * A token longer than this is refused unread. Identity providers stay below four thousand characters; all
 * headers together may have sixteen thousand.
 */
const MAX_LENGTH = 8_192
/** The scheme has any case and one space or more behind it (RFC 9110 section 11.4). */
const BEARER = /^bearer(?: +(?<token>.+))?$/i
/** A signed token in compact form (RFC 7515 section 7.1), to the letter: decoders forgive white space and padding. */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** What `Authorization` holds: nothing for us, something that cannot be a token, or a token to be verified. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'token'; readonly token: string }

export function readCredentials(authorization: string | undefined): Credentials {
  if (authorization === undefined) return { kind: 'none' }
  if (authorization.length > MAX_LENGTH) return { kind: 'malformed', reason: 'The token is too long' }
  const token = BEARER.exec(authorization)?.groups?.token
  if (token === undefined) return { kind: 'none' }
  return COMPACT_JWS.test(token)
    ? { kind: 'token', token }
    : { kind: 'malformed', reason: 'The token is not a signed JWT' }
}
