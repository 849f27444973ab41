import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import type { Lifetime } from '../support/postgres.ts'
import type { Faults } from './faults.ts'

export type ChaosMail = Awaited<ReturnType<typeof startMail>>

/** A mail server that keeps the id of every message it took, and takes none while its weather is bad. */
export async function startMail(lifetime: Lifetime, faults: Faults) {
  const taken = new Map<string, number>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    async onData(stream, _session, done) {
      const fault = faults.next()
      const [, id = ''] = /^message-id: <(.+)>\r?$/im.exec(await text(stream).catch(() => '')) ?? []
      const refused = fault.kind !== 'none' && !('work' in fault && fault.work)
      // An empty id: the sender was killed in the middle of the message.
      if (!refused && id !== '') taken.set(id, (taken.get(id) ?? 0) + 1)
      done(fault.kind === 'none' ? null : Object.assign(new Error('later'), { responseCode: 451 }))
    },
  })
  // A sender that was killed in the middle of a message.
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(() => new Promise((resolve) => server.close(() => resolve())))
  const address = server.server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `smtp://127.0.0.1:${address.port}`, took: (id: string) => taken.get(id) ?? 0 }
}
