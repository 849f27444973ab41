import { domainToASCII } from 'node:url'

/** RFC 5321 section 4.5.3.1: 256 for a path with its angle brackets, and 64 for what stands before the at sign. */
const MOST_OCTETS = 254
const MOST_LOCAL_OCTETS = 64

/**
 * Visible characters but the special ones (RFC 5321 section 4.1.2), and as RFC 6531 section 3.3 has it not of ASCII
 * alone. Quoted strings are left out: hardly anybody has such an address, and many a server takes none.
 */
const ATOM = String.raw`[[\p{L}\p{M}\p{N}\p{P}\p{S}]--["\(\),.:;<>@\[\\\]]]+`
const LOCAL_PART = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`, 'v')

/** What may stand in a domain before it is written in ASCII: letters, digits, hyphens, dots, and what is no ASCII. */
const DOMAIN = /^[A-Za-z0-9.\-[[\p{L}\p{M}\p{N}\p{P}\p{S}]--\p{ASCII}]]+$/v
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
/** RFC 1034 section 3.5. A last label of digits alone would make an IP address of it, or nothing. */
const HOST = new RegExp(`^(?:${LABEL}\\.)*(?!\\d+$)${LABEL}$`)

/**
 * Whether it is one address that mail can be sent to as it is written: a mailbox of RFC 5321 or RFC 6531, with
 * nothing in it that a list, a name or another header could be made of. Whoever keeps an address asks here, and so
 * does the mailer, so that none is kept that no mail goes to.
 */
export function isMailAddress(text: string): boolean {
  if (Buffer.byteLength(text) > MOST_OCTETS) return false
  const [localPart = '', domain = '', ...more] = text.split('@')
  const localOctets = Buffer.byteLength(localPart)
  if (more.length > 0 || localOctets > MOST_LOCAL_OCTETS) return false
  if (!LOCAL_PART.test(localPart) || !DOMAIN.test(domain)) return false
  const host = domainToASCII(domain)
  return HOST.test(host) && localOctets + 1 + host.length <= MOST_OCTETS
}
