import { once } from 'node:events'
import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { Fault, Faults } from '../faults.ts'
import type { Mailbox } from './mailbox.ts'

export interface SmtpOptions {
  readonly host: string
  /** 0 means any free port. */
  readonly port: number
  readonly faults: Faults
  readonly mailbox: Mailbox
}

/** Takes mail from everybody to everybody into the mailbox. A fault strikes a message, not a connection. */
export async function startSmtp({ host, port, faults, mailbox }: SmtpOptions) {
  const sockets = new Map<number, Socket>()
  const losing = new WeakSet<SMTPServerSession>()

  const smtp = new SMTPServer({
    // No TLS on loopback: clients would stumble over a certificate that nobody signed.
    disabledCommands: ['STARTTLS', 'AUTH'],
    authOptional: true,
    onMailFrom(_address, session, callback) {
      const fault = faults.strike('email')
      if (fault?.mode === 'lost-response') losing.add(session)
      if (fault?.mode === 'reset') sockets.get(session.remotePort)?.resetAndDestroy()
      else if (fault?.mode === 'slow')
        pause(fault.latencyMs, undefined, { ref: false }).then(() => callback())
      else if (fault?.mode !== 'hang') callback(refusalOf(fault))
    },
    onData(stream, session, callback) {
      const taken = buffer(stream).then((raw) => mailbox.take(raw))
      taken.then(() => {
        if (losing.delete(session)) sockets.get(session.remotePort)?.destroy()
        else callback()
      }, callback)
    },
  })

  smtp.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket
    if (remotePort === undefined) return
    sockets.set(remotePort, socket)
    socket.once('close', () => sockets.delete(remotePort))
  })

  // A connection that the client dropped is not this server's trouble; a port in use `once` says.
  smtp.on('error', () => undefined)
  smtp.listen(port, host)
  await once(smtp.server, 'listening')
  const address = smtp.server.address()
  return {
    url: `smtp://${host}:${typeof address === 'object' && address !== null ? address.port : port}`,
    async close(): Promise<void> {
      const closed = new Promise<void>((resolve) => smtp.close(resolve))
      for (const socket of sockets.values()) socket.destroy()
      await closed
    },
  }
}

function refusalOf(fault: Fault | undefined): Error | undefined {
  if (fault?.mode === 'error') {
    return Object.assign(new Error('4.3.0 Something went wrong on our end'), { responseCode: 451 })
  }
  if (fault?.mode !== 'rate-limit') return undefined
  const message = `4.7.1 Too many messages, try again in ${fault.retryAfterSeconds} s`
  return Object.assign(new Error(message), { responseCode: 450 })
}
