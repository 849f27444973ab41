import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'

export interface PipeliningOptions {
  /** Requests of a connection that may wait for the answers before theirs. Default 64: more than any client sends ahead. */
  readonly most?: number
}

/**
 * Bounds what a client may ask without reading the answers (RFC 9112 section 9.3.2). Node reads 64 KiB at a time, some
 * 2,500 requests, and keeps all of them and their answers as long as the one in front of them is not fetched. Who sends
 * more than that ahead is cut off without an answer, which would only be one more to keep. Registered before all others,
 * so that what is too much costs nothing else.
 *
 * A request that asks for an upgrade (RFC 9110 section 7.8) is answered like any other, and is the last one of its
 * connection. Node throws away what it had read behind it, be it half a request, and does not tell: only a connection that
 * is closed lets the client know what to send again.
 */
export const pipelining = fp<PipeliningOptions>(
  async (app, { most = 64 }) => {
    const waiting = new WeakMap<Socket, number>()
    const ending = new WeakSet<Socket>()
    const add = (socket: Socket, difference: number): number => {
      const sum = (waiting.get(socket) ?? 0) + difference
      waiting.set(socket, sum)
      return sum
    }

    app.addHook('onRequest', ({ raw: { socket, headers }, log }, { raw: response }, done) => {
      // Node gives a response its socket when it is its turn.
      const isWaiting = response.socket === null
      // RFC 9112 section 9.6: what follows the last one is not worked. Its beginning may have been thrown away.
      if (isWaiting && ending.has(socket)) return
      if (headers.upgrade !== undefined && isForConnection(headers)) {
        ending.add(socket)
        // Not a header of the reply: those that turn errors into answers decide about that one themselves.
        response.shouldKeepAlive = false
      }
      if (!isWaiting) {
        done()
        return
      }
      response.once('socket', () => add(socket, -1))
      if (add(socket, 1) <= most) {
        done()
        return
      }
      // Nobody goes on with it, nor with those that Node has read and still hands over.
      if (socket.destroyed) return
      socket.destroy()
      log.info({ most }, 'a connection was cut: too many requests wait for answers that are not read')
    })
  },
  { name: 'pipelining', fastify: '5.x' },
)

/** Whether `Upgrade` is meant for this side. Passed on by a proxy that did not heed it, it means nothing. */
function isForConnection({ connection = '' }: IncomingHttpHeaders): boolean {
  return /\bupgrade\b/i.test(connection)
}
