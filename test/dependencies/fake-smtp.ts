import { createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { portOf } from './fake-server.ts'

/** What the server says at one point of the conversation; undefined says nothing, for ever. */
export type Reply = string | undefined | ((socket: Socket) => void)

export interface Script {
  greeting?: Reply
  ehlo?: Reply
  auth?: Reply
  mail?: Reply
  rcpt?: Reply
  data?: Reply
  /** After the last line of the message. */
  taken?: Reply
}

const POLITE = {
  greeting: '220 fake ESMTP',
  ehlo: '250-fake\r\n250 AUTH PLAIN',
  auth: '235 in',
  mail: '250 ok',
  rcpt: '250 ok',
  data: '354 go on',
  taken: '250 taken',
}

/** A mail server whose replies a test writes: the first delivery meets the first script, and so on. */
export async function startFakeSmtp(t: TestContext, ...scripts: [Script, ...Script[]]) {
  const messages: string[] = []
  const commands: string[] = []
  let conversations = 0
  let deliveries = 0
  let closed = 0
  const sockets = new Set<Socket>()

  const server = createServer((socket) => {
    const next = () => ({ ...POLITE, ...(scripts[deliveries++] ?? scripts.at(-1)) })
    let script = next()
    let begun = false
    conversations++
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      closed++
      sockets.delete(socket)
    })
    const say = (reply: Reply) => {
      if (typeof reply === 'function') reply(socket)
      else if (reply !== undefined) socket.write(`${reply}\r\n`)
    }
    let message: string[] | undefined
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (message !== undefined) {
          if (line !== '.') {
            message.push(line)
            continue
          }
          messages.push(message.join('\r\n'))
          message = undefined
          say(script.taken)
          continue
        }
        commands.push(line)
        const verb = line.slice(0, 4).toUpperCase()
        if (verb === 'EHLO') say(script.ehlo)
        else if (verb === 'AUTH') say(script.auth)
        else if (verb === 'MAIL') {
          // A connection that is used again begins another delivery here.
          if (begun) script = next()
          begun = true
          say(script.mail)
        } else if (verb === 'RCPT') say(script.rcpt)
        else if (verb === 'DATA') {
          if (script.data?.toString().startsWith('354')) message = []
          say(script.data)
        } else say('250 ok')
      }
    })
    say(script.greeting)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    address: `127.0.0.1:${portOf(server.address())}`,
    messages,
    commands,
    conversations: () => conversations,
    deliveries: () => deliveries,
    closed: () => closed,
  }
}
