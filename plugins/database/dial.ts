import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What the driver hands to an opener of sockets: as it read them from the URL. */
interface Address {
  host: string[]
  port: number[]
  /** Of a Unix socket. */
  path?: string | false | undefined
}

/** Ten attempts a second, when a pool's connections fail as fast as they are opened: soon enough, and no load. */
const PAUSE_MS = 100

/**
 * Opens the sockets of one pool, with a pause where they come fast. The driver by itself tries again without any
 * where a connection is taken and closed at once, as a balancer does that has no server behind it: a loop that
 * leaves the processor to nothing else.
 *
 * @returns an opener that never rejects: a failure comes with the socket, where the driver looks for it
 */
export function createDialler(size: number, timeoutMs: number) {
  // A pool's worth at once, as at the start; then one at a time.
  let freeAt = 0
  return async (address: Address): Promise<Socket> => {
    const now = performance.now()
    freeAt = Math.max(freeAt, now - PAUSE_MS * size) + PAUSE_MS
    if (freeAt > now) await pause(freeAt - now)
    return await dial(address, timeoutMs)
  }
}

function dial({ host: [host = 'localhost'], port: [port = 5432], path }: Address, timeoutMs: number) {
  return new Promise<Socket>((resolve) => {
    const socket = new Socket()
    const fail = (error: Error) => {
      clearTimeout(timer)
      resolve(failing(error))
    }
    const timer = setTimeout(() => socket.destroy(new TimedOut(host, port)), timeoutMs)
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      // Whoever encrypts it wants to know whose name the certificate should bear.
      resolve(Object.assign(socket, { host, port }))
    })
    if (path) socket.connect(path)
    else socket.connect(port, host)
  })
}

/** A socket that fails at the first word: sooner, the driver would keep that word, and say it twice to the next. */
function failing(error: Error): Socket {
  const socket = new Socket()
  const write = () => {
    socket.destroy(error)
    return false
  }
  return Object.assign(socket, { write })
}

class TimedOut extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(host: string, port: number) {
    super(`no connection to ${host}:${port} in time`)
  }
}
