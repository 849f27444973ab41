import { createServer, type Socket } from 'node:net'
import { portOf } from '../dependencies/fake-server.ts'
import type { Lifetime } from '../support/postgres.ts'
import type { Fault } from './faulty-http.ts'

export type FaultyMail = Awaited<ReturnType<typeof startFaultyMail>>

/** One letter at a time, so slowly that no attempt lives to see the end of the line. */
const DRIP_MS = 500

/** A mail server that can be made to fail at every point of a conversation, and keeps what it took. */
export async function startFaultyMail(lifetime: Lifetime) {
  const messages: string[] = []
  const sockets = new Set<Socket>()
  let fault: Fault | 'refusal' = 'none'
  let suffered = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (fault !== 'none' && fault !== 'error') suffered++
    greet(socket, fault)
    let message: string[] | undefined
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (message === undefined) {
          if (line === 'DATA') message = []
          // A conversation goes on after a no, with the next mail.
          if (fault === 'error' && line.startsWith('RCPT')) suffered++
          socket.write(reply(line, fault))
        } else if (line !== '.') message.push(line)
        else {
          messages.push(message.join('\r\n'))
          message = undefined
          if (fault === 'lost response') socket.destroy()
          else socket.write('250 taken\r\n')
        }
      }
    })
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const hangUp = () => sockets.forEach((socket) => void socket.destroy())
  const stop = async () => {
    hangUp()
    await new Promise((resolve) => server.close(resolve))
  }
  await listen(0)
  const port = portOf(server.address())
  lifetime.after(stop)
  return {
    url: `smtp://127.0.0.1:${port}`,
    /** Attempts that met a fault. */
    suffered: () => suffered,
    /** The `Message-ID` of each mail about an order that it took, as often as it took it. */
    about: (orderId: string) =>
      messages
        .filter((message) => message.includes(orderId))
        .map((message) => /^Message-ID: (.*)$/im.exec(message)?.[1]),

    /** From the next conversation on; those under way end. `refusal` is a 5xx, which is for good. */
    async suffer(next: Fault | 'refusal'): Promise<void> {
      hangUp()
      if (next === 'down for an hour' && server.listening) await stop()
      if (next !== 'down for an hour' && !server.listening) await listen(port)
      fault = next
    },
  }
}

function greet(socket: Socket, fault: Fault | 'refusal'): void {
  if (fault === 'hang') return
  if (fault === 'garbage') return void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
  if (fault === 'rate limit') return void socket.end('421 4.7.0 too many connections\r\n')
  if (fault === 'reset') return void socket.resetAndDestroy()
  if (fault !== 'slow') return void socket.write('220 mail ESMTP\r\n')
  const letters = [...'220 a mail server that takes its time ESMTP\r\n']
  const timer = setInterval(() => socket.write(letters.shift() ?? ''), DRIP_MS)
  socket.on('close', () => clearInterval(timer))
}

function reply(line: string, fault: Fault | 'refusal'): string {
  const verb = line.slice(0, 4).toUpperCase()
  if (verb === 'RCPT' && fault === 'error') return '451 4.3.0 try again later\r\n'
  if (verb === 'RCPT' && fault === 'refusal') return '550 5.1.1 no such user\r\n'
  return verb === 'DATA' ? '354 go on\r\n' : '250 ok\r\n'
}
