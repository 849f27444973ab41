import { isEncoded, type Note, textThat } from './kinds.ts'

// The kinds of URL that a variable can have; all others are in kinds.ts.

/** Said of a URL that may hold a password: those who read it decode it, and end with an error where they cannot. */
const ENCODED = 'with a lone % written as %25'

const urlOf = (schemes: readonly string[], value: string): URL | undefined => {
  const parsed = /\s/.test(value) ? null : URL.parse(value)
  if (parsed === null || parsed.hostname === '') return undefined
  return schemes.includes(parsed.protocol.slice(0, -1)) ? parsed : undefined
}

export const of = (schemes: readonly string[], note: Note) =>
  textThat(
    note,
    `a URL that begins with ${schemes.map((one) => `${one}://`).join(' or ')}, ${ENCODED}`,
    (value) => urlOf(schemes, value) !== undefined && isEncoded(value),
  )

/** A URL for `fetch`, which takes none with a login. */
export const open = (note: Note) =>
  textThat(note, 'a URL that begins with http:// or https://, with no user and no password', (value) => {
    const parsed = urlOf(['http', 'https'], value)
    return parsed !== undefined && isOpen(parsed)
  })

const isOpen = ({ username, password }: URL): boolean => username === '' && password === ''

/** A slash at its end has been dropped when it is judged. */
const baseOf = (value: string): URL | null =>
  /^https?:\/\/[^/\s?#][^\s?#]*$/i.test(value) ? URL.parse(value) : null

/** A URL that paths are appended to. */
const baseThat = (note: Note, allowed: string, holds: (base: URL) => boolean) => {
  const isBase = (value: string) => {
    const parsed = baseOf(value)
    return parsed !== null && holds(parsed)
  }
  const prefixed = `a URL that begins with http:// or https://, with ${allowed}`
  return Object.assign(textThat(note, prefixed, isBase), { 'x-base': true })
}

export const base = (note: Note) =>
  baseThat(note, `no query and no fragment, ${ENCODED}`, ({ href }) => isEncoded(href))

/** The same where nobody would send a login. */
export const openBase = (note: Note) =>
  baseThat(note, 'no user, no password, no query and no fragment', isOpen)

// `new URL` refuses `a:1,b:2`, the multi-host form of libpq, so every host is judged alone.
const postgresUrl = /^postgres(?:ql)?:\/\/(?:[^@/?#\s]*@)?([^@/?#\s]+)(?:\/[^?#\s]*)?(?:\?[^#\s]*)?$/

/** A Postgres connection URL; several hosts, each with its port, stand in one URL with commas between them. */
export const database = (note: Note) =>
  textThat(
    note,
    `a URL that begins with postgres:// or postgresql://, ${ENCODED}; several hosts are written a:5432,b:5432`,
    (value) => {
      const hosts = postgresUrl.exec(value)?.[1]?.split(',') ?? ['']
      return hosts.every((one) => one !== '' && URL.canParse(`http://${one}`)) && isEncoded(value)
    },
  )
