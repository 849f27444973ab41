import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'

interface Answer {
  reply: FastifyReply
  write: () => void
}

/**
 * Writes the answers of one turn of the event loop one after the other, at its end. Each write may have to wake the
 * process that reads it, which costs as much as making the answer; a reader that was just woken for one finds the
 * others there, too. An answer waits for the requests that arrived with it, and alone for nothing.
 */
export const writeCoalescing = fp(
  async (app) => {
    let ready: Answer[] = []

    const writeAll = () => {
      const answers = ready
      ready = []
      for (const { reply, write } of answers) {
        try {
          write()
        } catch (error) {
          // A header that HTTP cannot carry. Nobody is left to hand this to, and the answers after it are others'.
          reply.log.error({ err: error }, 'an answer could not be written')
          reply.raw.destroy()
        }
      }
    }
    app.addHook('onSend', (_request, reply, _payload, write) => {
      if (ready.length === 0) setImmediate(writeAll)
      ready.push({ reply, write })
    })
  },
  { name: 'write-coalescing', fastify: '5.x' },
)
