import type { Server, Socket } from 'node:net'
import { acceptUnread } from '../node-internals.ts'

/**
 * What is under way goes on meanwhile, and ends within this on all but the busiest machine; who connects without a
 * pause would have it go on for ever.
 */
const LONGEST_MS = 500
/** The first may have begun after its look at the socket. */
const QUIET_TURNS = 2
/** An answer takes longer, and whoever has it may connect again at once. */
const SHORT_MS = 0.5

/**
 * Resolves when the kernel holds no connection for a server that was not accepted yet. Closing its socket resets those,
 * with the requests that were sent on them; and as Node accepts one in a turn of the event loop, a process that has much
 * to do leaves several.
 *
 * Until then nothing is read from those that are accepted: each request would make a turn longer, and its answer bring
 * the next connection. So they are few turns, as short as can be.
 *
 * Close at once: whoever connects from here on is reset too, and no process can keep all of them from it.
 */
export function acceptLastConnections(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const unread: Socket[] = []
  const giveUpAt = performance.now() + LONGEST_MS
  let beganAt = performance.now()
  let accepted = 0
  let quietTurns = 0
  const accept = (socket: Socket) => unread.push(socket)

  const endTurn = () => {
    const now = performance.now()
    const isQuiet = unread.length === accepted && now - beganAt < SHORT_MS
    quietTurns = isQuiet ? quietTurns + 1 : 0
    accepted = unread.length
    beganAt = now
    if (quietTurns < QUIET_TURNS && now < giveUpAt) {
      setImmediate(endTurn)
      return
    }
    server.off('connection', accept)
    resolve()
    for (const socket of unread) socket.resume()
  }

  acceptUnread(server)
  server.on('connection', accept)
  setImmediate(endTurn)
  return promise
}
