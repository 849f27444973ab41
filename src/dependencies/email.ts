import { createTransport } from 'nodemailer'
import { type CallPolicyOptions, createCallPolicy } from '#plugins/circuit-breakers.ts'
import { isMailAddress } from '../mail-address.ts'
import { type CallContext, contextHeaders } from './call-context.ts'
import { classifyMailFailure, MailFailure } from './mail-failure.ts'

export interface EmailOptions {
  /** `smtp://` or `smtps://`, with credentials if need be. */
  url: string
  /** The sender: an address, or `Name <address>`. */
  from: string
  /** Figures to differ from the ones below, in tests above all. */
  policy?: Partial<CallPolicyOptions>
}

export interface Mail {
  /** One address, without a name. */
  to: string
  subject: string
  text: string
  /** `<unique>@<domain>`, without angle brackets: the same for every delivery of this mail, so that it can be told. */
  messageId: string
}

export type Email = ReturnType<typeof createEmail>

const POLICY = {
  name: 'email',
  classify: classifyMailFailure,
  deadlineMs: 10_000,
  // All of it: nobody waits for mail, and one that is cut off after its last line arrives twice.
  attemptTimeoutMs: 10_000,
  // For a server that is away, or says so. One that asks for later means minutes: that is the queue's to wait for.
  retries: 1,
  // A mail has no key: what may have been handed over is sent again by the queue alone.
  retryUnknown: false,
  baseDelayMs: 500,
  // As many connections as a mail server commonly allows one client.
  bulkhead: 10,
}

const MESSAGE_ID = /^[A-Za-z0-9._+-]{1,128}@[A-Za-z0-9.-]{1,128}$/
const CONTROLS = /[\p{C}\u2028\u2029]+/gu

/** Mail over pooled SMTP connections. */
export function createEmail({ url, from, policy: figures = {} }: EmailOptions) {
  const inForce = { ...POLICY, ...figures }
  const policy = createCallPolicy(inForce)
  const transport = createTransport(
    {
      url,
      pool: true,
      maxConnections: inForce.bulkhead,
      // Sending again after a lost connection is the policy's to decide, and to count.
      maxRequeues: 0,
      // Up to the greeting, name and TLS included: nearly all there is, as servers that let strangers wait, against
      // spam, do so for five to ten seconds and at every attempt. Somewhat less, to end before the deadline does: then
      // it is known that nothing was handed over.
      connectionTimeout: inForce.deadlineMs * 0.95,
      // Idle connections are kept longer than a single conversation may fall silent.
      socketTimeout: 60_000,
      idleTimeout: 30_000,
      // The text is ours, but a path or a URL in it must never be read from this machine.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  )
  // A pooled connection that breaks while idle fails nobody, and the next mail opens another.
  transport.on('error', () => {})

  return {
    policy,

    /**
     * Hands one mail to the server. Aborting ends the connection that carries it, and no other.
     *
     * @throws CallFailed `permanent` when the server will not have it, or the address is none
     */
    async send({ to, subject, text, messageId }: Mail, context: CallContext): Promise<void> {
      await policy.call(async (signal) => {
        if (!isMailAddress(to)) throw new MailFailure('email: not an address')
        if (!MESSAGE_ID.test(messageId)) throw new MailFailure('email: not a Message-ID')
        try {
          await transport.sendMail({
            to: { name: '', address: to },
            subject: subject.replace(CONTROLS, ' '),
            text,
            messageId: `<${messageId}>`,
            headers: contextHeaders(context),
            signal,
          })
        } catch (error) {
          throw MailFailure.from(error)
        }
      })
    },

    async close(): Promise<void> {
      transport.close({ force: true })
    },
  }
}
