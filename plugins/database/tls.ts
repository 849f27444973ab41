import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import { SESSION, SESSION_UNPOOLED } from './session.ts'

/** What every driver is given instead of a URL that each would read in its own way. */
export interface Connection {
  /** The URL without what is libpq's own. What is left in its query are settings of the server's. */
  connectionString: string
  /** As the server calls it, where the URL names one: one driver decodes a part of its path, the other nothing. */
  database?: string
  /** Whether a connection to a standby is none, as the URL would have it. */
  primaryOnly: boolean
  /** Beside a socket; false for a connection in the clear. */
  ssl: false | ConnectionOptions
}

/** A URL asks for what the drivers cannot do, or not all of them. The message is what it may ask for instead. */
export class UnfitUrl extends Error {
  override readonly name = 'UnfitUrl'
}

/** Of libpq's own parameters those that are read here, or ask for nothing but what the drivers do anyway. */
const VALUES = new Map([
  ['sslmode', ['disable', 'require', 'verify-ca', 'verify-full']],
  ['sslnegotiation', ['postgres']],
  ['channel_binding', ['disable', 'prefer']],
  ['gssencmode', ['disable', 'prefer']],
  ['target_session_attrs', ['any', 'read-write', 'primary']],
])
/** Those that change how a connection feels, not what it is. */
const WITHOUT_EFFECT =
  /^(?:uselibpqcompat|fallback_application_name|keepalives(?:_\w+)?|tcp_user_timeout|load_balance_hosts)$/
/** All others that a server would refuse as a setting it does not know, or that one driver reads and another does not. */
const UNREAD =
  /^(?:ssl\w*|gss\w*|krbsrvname|scram_\w+|oauth_\w+|require(?:_auth|peer|ssl)|(?:min|max)_protocol_version|passfile|service(?:file)?|host(?:addr)?|port|user|password|dbname|database)$/
/** A URL's would take the place of what every connection asks for. */
const OURS = new Set(Object.keys({ ...SESSION, ...SESSION_UNPOOLED }).map((name) => name.toLowerCase()))

/**
 * How to connect, by what libpq means: `sslmode=require` encrypts and asks for nobody's signature (with `sslrootcert` it
 * is `verify-ca`), `verify-ca` wants that of an authority in `sslrootcert`, `verify-full` the host's name as well, where
 * without a file, or with `system`, the authority may be any that Node knows. Left out, it is `disable`: what libpq
 * prefers by itself, TLS if there is any, no two drivers do alike.
 *
 * @param url a `postgres://` URL; of one host, if the certificate is to bear its name
 * @throws UnfitUrl
 */
export function connectionOf(url: string): Connection {
  const [, base = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? []
  const pairs = query === '' ? [] : query.split('&')
  const kept = pairs.filter((pair) => [...new URLSearchParams(pair)].every(isServers))
  const asked = new URLSearchParams(query)
  const ssl = sslOf(asked.get('sslmode'), asked.get('sslrootcert'), URL.parse(base)?.hostname ?? '')
  const [, path = ''] = /^[^/]*\/\/[^/]*\/(.*)$/s.exec(base) ?? []
  return {
    connectionString: kept.length === 0 ? base : `${base}?${kept.join('&')}`,
    ...(path !== '' && { database: decodeURIComponent(path) }),
    primaryOnly: (asked.get('target_session_attrs') ?? 'any') !== 'any',
    ssl,
  }
}

/**
 * @returns whether a parameter is a setting of the server's
 * @throws UnfitUrl where it is neither that nor one with no need to be read
 */
function isServers([name, value]: [string, string]): boolean {
  const values = VALUES.get(name)
  if (values !== undefined) {
    if (values.includes(value)) return false
    throw new UnfitUrl(`${name} as ${values.join(', ').replace(/, ([^,]*)$/, ' or $1')}, or left out`)
  }
  if (name === 'sslrootcert' || WITHOUT_EFFECT.test(name)) return false
  if (UNREAD.test(name)) throw new UnfitUrl(`a query without ${name}, which is not read there`)
  if (OURS.has(name.toLowerCase())) throw new UnfitUrl(`a query without ${name}, which is always the same`)
  return true
}

function sslOf(asked: string | null, authority: string | null, hostname: string): Connection['ssl'] {
  const mode = asked ?? (authority === 'system' ? 'verify-full' : 'disable')
  if (mode === 'disable') {
    if (asked === null && authority !== null) throw new UnfitUrl('sslrootcert with sslmode beside it')
    return false
  }
  if (authority === 'system' && mode !== 'verify-full')
    throw new UnfitUrl('sslrootcert=system with sslmode=verify-full')
  const ca = authority === null || authority === 'system' ? {} : { ca: certificatesIn(authority) }
  if (mode === 'verify-full') {
    // By itself a driver asks an address for a certificate of `localhost`.
    return { ...ca, rejectUnauthorized: true, host: hostname.replace(/^\[(.*)\]$/, '$1') }
  }
  if ('ca' in ca) return { ...ca, rejectUnauthorized: true, checkServerIdentity: () => undefined }
  if (mode === 'verify-ca') throw new UnfitUrl('sslmode=verify-ca with sslrootcert=FILE beside it')
  return { rejectUnauthorized: false }
}

/** By file: what could be read at the start stays, whatever becomes of the file. */
const read = new Map<string, string>()

function certificatesIn(file: string): string {
  const known = read.get(file)
  if (known !== undefined) return known
  try {
    const found = readFileSync(file, 'utf8')
    new X509Certificate(found)
    read.set(file, found)
    return found
  } catch {
    throw new UnfitUrl(`sslrootcert as a file of certificates (PEM) that can be read, not ${file}`)
  }
}
