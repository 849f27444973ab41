import { Type } from 'typebox'
import { isMailAddress } from '../mail-address.ts'
import { MOST_NAME_CHARACTERS } from './user.ts'

/**
 * The members of a user that can be changed. Lengths count Unicode code points. Representations are made of the
 * looser ones at the end: what was kept once is shown, whatever would be taken today.
 */

export const NameSchema = Type.Union([Type.String({ maxLength: MOST_NAME_CHARACTERS }), Type.Null()])

/** What the table holds and the first release named as the bound. {@link isMailAddress} takes less. */
const MOST_EMAIL_CHARACTERS = 320

export const EmailSchema = Type.Union([
  Type.Refine(
    Type.String({
      maxLength: MOST_EMAIL_CHARACTERS,
      description: 'An e-mail address, of at most 254 octets',
    }),
    isMailAddress,
    () => 'must be an e-mail address',
  ),
  Type.Null(),
])

export const AvatarUrlSchema = Type.Union([
  Type.Refine(
    Type.String({ maxLength: 2048, description: 'An https URL' }),
    isHttpsUrl,
    () => 'must be an https URL',
  ),
  Type.Null(),
])

const MOST_PREFERENCES_BYTES = 16 * 1024
const MOST_PREFERENCES_LEVELS = 16

export const PreferencesSchema = Type.Refine(
  Type.Refine(
    Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'Any JSON object, up to 16 KiB and 16 levels of nesting',
    }),
    (preferences) => isNestedWithin(preferences, MOST_PREFERENCES_LEVELS),
    () => `must not be nested deeper than ${MOST_PREFERENCES_LEVELS} levels`,
  ),
  (preferences) => Buffer.byteLength(JSON.stringify(preferences)) <= MOST_PREFERENCES_BYTES,
  () => `must have at most ${MOST_PREFERENCES_BYTES} bytes`,
)

const textOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description })

export const ShownNameSchema = textOrNull(`Up to ${MOST_NAME_CHARACTERS} characters`)
export const ShownEmailSchema = textOrNull('Where mail about orders goes')
export const ShownAvatarUrlSchema = textOrNull('An https URL')

/** RFC 3986 section 3.3: what may stand in a path. A query and a fragment may have `?` besides. */
const IN_PATH = String.raw`[\w.~!$&'()*+,;=:@/-]|%[0-9a-f]{2}`
const USER = `(?:(?![@/])(?:${IN_PATH}))*@`
/** A name as DNS has it (RFC 1123 section 2.1), of fewer characters than section 3.2.2 takes; or an IPv6 address. */
const HOST = String.raw`(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d*)?`
const PLACE = String.raw`(?:/(?:${IN_PATH})*)?(?:\?(?:${IN_PATH}|\?)*)?(?:#(?:${IN_PATH}|\?)*)?`
const HTTPS_URI = new RegExp(`^https://(?:${USER})?${HOST}${PLACE}$`, 'i')

/**
 * A URI by RFC 3986. What a URL parser would put right by itself (slashes, backslashes, what is not percent-encoded)
 * is refused: it is kept, and handed on, as it was written.
 */
function isHttpsUrl(text: string): boolean {
  return HTTPS_URI.test(text) && URL.canParse(text)
}

function isNestedWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((member) => isNestedWithin(member, levels - 1))
}
