import type { FailureClass } from '#plugins/circuit-breakers.ts'

export interface MailFailureOptions {
  /** Nodemailer's word for it, or the operating system's. */
  code?: string | undefined
  /** The server's reply code, if it replied (RFC 5321 section 4.2). */
  responseCode?: number | undefined
  /** Whether the conversation ever began, so that a mail may have been handed over. */
  connected?: boolean
}

/** A mail that was not taken. Its message tells the server's reply, except to a login, which it might echo. */
export class MailFailure extends Error {
  override readonly name = 'MailFailure'
  readonly code: string | undefined
  readonly responseCode: number | undefined
  readonly connected: boolean

  constructor(
    message: string,
    { code = 'EENVELOPE', responseCode, connected = false }: MailFailureOptions = {},
  ) {
    super(message)
    this.code = code
    this.responseCode = responseCode
    this.connected = connected
  }

  static from(error: unknown): MailFailure {
    const code = member(error, 'code', 'string')
    const responseCode = member(error, 'responseCode', 'number')
    const command = member(error, 'command', 'string')
    const connected =
      !NEVER_BEGAN.has(code) &&
      !NEVER_BEGAN.has(member(error, 'timeoutType', 'string')) &&
      member(error, 'syscall', 'string') !== 'connect'
    const told = [responseCode, code, command].filter((word) => word !== undefined).join(' ')
    const reply = command?.startsWith('AUTH') ? undefined : member(error, 'response', 'string')
    const words = reply === undefined ? '' : `: ${reply.replace(/\p{C}+/gu, ' ').slice(0, LONGEST_REPLY)}`
    return new MailFailure(`email: not taken (${told})${words}`, { code, responseCode, connected })
  }
}

/** No name, no TLS, or one of Nodemailer's timeouts before the first command. */
const NEVER_BEGAN: ReadonlySet<unknown> = new Set([
  'EDNS',
  'ETLS',
  'CONNECT_TIMEOUT',
  'GREETING_TIMEOUT',
  'UPGRADE_TIMEOUT',
])

/** RFC 5321 section 4.5.3.1.5 has no longer line than 512 octets; the reason stands in the first of them. */
const LONGEST_REPLY = 200

/** Not the server's doing and not the connection's: the same mail would fail the same way. */
const OUR_MISTAKE = new Set([
  'EENVELOPE',
  'EMESSAGE',
  'ECONFIG',
  'ENOAUTH',
  'EMAXRECIPIENTS',
  'EREQUIRETLS',
  'EFILEACCESS',
  'EURLACCESS',
])

/** A 5xx reply is for good, a 4xx for now (RFC 5321 section 4.2.1); without a reply, the connection failed. */
export function classifyMailFailure(error: unknown): FailureClass {
  if (!(error instanceof MailFailure)) return { transient: false, outcomeUnknown: true }
  const { code, responseCode, connected } = error
  if (responseCode !== undefined) return { transient: responseCode < 500, outcomeUnknown: false }
  if (code !== undefined && OUR_MISTAKE.has(code)) return { transient: false, outcomeUnknown: false }
  return { transient: true, outcomeUnknown: connected }
}

function member(error: unknown, name: string, type: 'string'): string | undefined
function member(error: unknown, name: string, type: 'number'): number | undefined
function member(error: unknown, name: string, type: 'string' | 'number'): unknown {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : undefined
  return typeof value === type ? value : undefined
}
