import { isIP } from 'node:net'
import addressparser from 'nodemailer/lib/addressparser'
import Type, { type TSchema } from 'typebox'
import { isMailAddress } from '../mail-address.ts'

/**
 * The kinds of value a variable can have. Each carries `allowed`, the sentence a person reads when the value
 * is refused, so that a rule and its explanation cannot drift apart.
 */

/** What the schema says about one variable beside its kind. A type, for the schema wants an index signature. */
export type Note = {
  /** The heading that begins with this variable in `.env.example`. */
  section?: string
  description: string
  default?: unknown
  /** As they would stand in the environment. */
  examples: [string, ...string[]]
  /** An error must not show any of it. */
  secret?: true
}

/** The note as a schema carries it: what JSON Schema has no word for begins with `x-`. */
const said = ({ section, secret, ...note }: Note, allowed: string) => ({
  ...note,
  'x-allowed': allowed,
  'x-section': section,
  'x-secret': secret,
})

export const text = (allowed: string, pattern: string, note: Note) =>
  Type.String({ ...said(note, allowed), pattern })

/** A whole number; `unit` completes the sentence that says what is allowed. */
export const whole = (minimum: number, maximum: number, unit: string, note: Note) =>
  Type.Integer({ ...said(note, `a whole number from ${minimum} to ${maximum}${unit}`), minimum, maximum })

export const seconds = (minimum: number, maximum: number, note: Note) =>
  whole(minimum, maximum, ', in seconds', note)

export const port = (note: Note) =>
  Type.Integer({
    ...said(note, 'a port from 0 to 65535, where 0 takes any free one'),
    minimum: 0,
    maximum: 65_535,
  })

export const flag = (note: Note) => Type.Boolean(said(note, 'true or false'))

/**
 * Without a zone, which no URL can hold. A URL reads whatever ends in a number as an IPv4 address: `10.0.0.256` it
 * refuses, and of `127.1` it makes another than it says.
 */
export const host = (note: Note) =>
  textThat(note, 'a host name or an IP address', (value) => {
    if (isIP(value) === 6) return !value.includes('%')
    return /^[A-Za-z0-9._-]+$/.test(value) && URL.parse(`http://${value}`)?.hostname === value.toLowerCase()
  })

/** A fraction, kept as text; one written in another form is refused, not guessed. */
export const fraction = (note: Note) =>
  textThat(
    note,
    'a number from 0 to 1, in decimals',
    (value) => /^\d*\.?\d+$/.test(value) && Number(value) <= 1,
  )

/** As OpenTelemetry has lists of named values. */
export const pairs = (note: Note) =>
  textThat(
    note,
    'name=value with commas between them, values percent-encoded UTF-8',
    (value) =>
      isEncoded(value) &&
      value.split(',').every((pair) => /^\s*[^\s=%"]+\s*=\s*(?:[^\s%"\\;]|%[0-9A-Fa-f]{2})*\s*$/.test(pair)),
  )

/** What a header or a shell can carry without quoting; a token with a stray line break is refused here. */
export const token = (note: Note) => text('visible ASCII characters without spaces', '^[!-~]+$', note)

export const oneOf = <const T extends readonly string[]>(values: T, note: Note) =>
  Type.Enum(values, said(note, `one of ${values.join(', ')}`))

const refined = <T extends TSchema>(
  make: (options: ReturnType<typeof said>) => T,
  note: Note,
  allowed: string,
  holds: (value: unknown) => boolean,
) => Type.Refine(make(said(note, allowed)), holds)

export const textThat = (note: Note, allowed: string, holds: (value: string) => boolean) =>
  refined(Type.String, note, allowed, (value) => typeof value === 'string' && holds(value))

const listThat = (note: Note, allowed: string, holds: (item: string) => boolean) =>
  refined(
    (options) => Type.Array(Type.String(), options),
    note,
    allowed,
    (value) => Array.isArray(value) && value.every((item) => typeof item === 'string' && holds(item)),
  )

/** A secret that is measured in bytes: 32 is the least RFC 7518 section 3.2 permits for HS256. */
export const secretOf = (bytes: number, note: Note) =>
  textThat(note, `at least ${bytes} bytes, random ones`, (value) => Buffer.byteLength(value) >= bytes)

export const isEncoded = (value: string): boolean => {
  try {
    decodeURIComponent(value)
    return true
  } catch {
    return false
  }
}

/** Origins as a browser sends them: no path, no wildcard, no default port written out. */
export const origins = (note: Note) =>
  listThat(
    note,
    'exact origins with commas between them, each a scheme and a host without a path; no *',
    (value) => /^https?:\/\//.test(value) && URL.parse(value)?.origin === value,
  )

/** CIDR ranges only: a hop count or `true` would trust an address that the client can write itself. */
export const networks = (note: Note) =>
  listThat(note, 'CIDR ranges with commas between them, none of them the whole internet (/0)', (value) => {
    const [address = '', length = '', ...rest] = value.split('/')
    const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
    return rest.length === 0 && /^[1-9]\d{0,2}$/.test(length) && Number(length) <= bits
  })

const dateForm = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2}))?$/

/** A calendar date, or a date and time with its offset. `2026-02-30` is refused, not moved to March. */
export const date = (note: Note) =>
  textThat(note, 'a date (2027-01-31) or a date and time with an offset (2027-01-31T12:00:00Z)', (value) => {
    const day = dateForm.exec(value)?.[1]
    if (day === undefined || Number.isNaN(Date.parse(value)) || Number.isNaN(Date.parse(day))) return false
    return new Date(day).toISOString().startsWith(day)
  })

/** Who mail comes from, once the mailer has read it: one address, and nothing around it but a name. */
export const sender = (note: Note) =>
  textThat(note, 'an address, or a name and an address in <>', (value) => {
    const [one, ...others] = addressparser(value)
    if (one?.address === undefined || others.length > 0 || /\p{C}/u.test(value)) return false
    return isMailAddress(one.address) && (value === one.address || value.endsWith(`<${one.address}>`))
  })

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

export const currency = (note: Note) =>
  textThat(note, 'the three capital letters of an ISO 4217 currency', (value) => currencies.has(value))
