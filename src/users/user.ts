import { isMailAddress } from '../mail-address.ts'

/** Whoever holds a token: made on first sight of it, and from then on as they want it. */
export interface User {
  /** The `sub` of the token. */
  id: string
  name: string | null
  email: string | null
  avatarUrl: string | null
  /** Whatever an application wants to remember of them. */
  preferences: Record<string, unknown>
  revision: number
  createdAt: Date
  updatedAt: Date
}

/** What a token may say about its bearer, beside who it is. */
export interface Claims {
  readonly name: string | null
  readonly email: string | null
}

/** In code points. */
export const MOST_NAME_CHARACTERS = 200

/** As long as the token they came with is remembered. */
const judged = new WeakMap<Claims, Claims>()

/** The claims that can be kept. One that cannot is as good as none: an order does not fail for a long name. */
export function keepableClaims(claims: Claims): Claims {
  const known = judged.get(claims)
  if (known !== undefined) return known
  const { name, email } = claims
  const kept = {
    name: name !== null && isText(name) && [...name].length <= MOST_NAME_CHARACTERS ? name : null,
    email: email !== null && isMailAddress(email) ? email : null,
  }
  judged.set(claims, kept)
  return kept
}

/** Text that the database can hold: no NUL, and no half of a surrogate pair. */
const isText = (text: string) => text.isWellFormed() && !text.includes('\0')
