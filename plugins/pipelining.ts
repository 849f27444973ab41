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
 */
export const pipelining = fp<PipeliningOptions>(
  async (app, { most = 64 }) => {
    const waiting = new WeakMap<Socket, number>()
    const add = (socket: Socket, difference: number): number => {
      const sum = (waiting.get(socket) ?? 0) + difference
      waiting.set(socket, sum)
      return sum
    }

    app.addHook('onRequest', ({ raw: { socket }, log }, { raw: response }, done) => {
      // Node gives a response its socket when it is its turn.
      if (response.socket !== null) {
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
