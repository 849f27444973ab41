import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What the driver hands to an opener of sockets: as it read them from the URL. */
interface Address {
  host: string[]
  port: number[]
  /** Of a Unix socket. */
  path?: string | false | undefined
}

export interface DiallerOptions {
  /** Instead of what the driver read: in `[2001:db8::1]` it finds a host called `[2001`, and a port. */
  address: Address | undefined
  /** Connections that may be opened at once, as at the start; after that, one at a time. */
  size: number
  timeoutMs: number
  /** Called where the driver says nothing on a new connection, and so never will again. */
  onMute: () => void
}

/** Fifty attempts a second, when connections fail as fast as they are opened: soon enough, and hardly a load. */
const PAUSE_MS = 20
/** The driver's first word follows in the same round of the event loop. */
const FIRST_WORD_MS = 50

/**
 * Opens the sockets of one pool, with a pause where they come fast. The driver by itself tries again without any
 * where a connection is taken and closed at once, as a balancer does that has no server behind it: a loop that
 * leaves the processor to nothing else.
 *
 * Nor does it speak again where a connection was closed in the very round of the event loop in which a statement was
 * about to be written on it: it believes that its first word is on the way. That can be seen from here.
 *
 * @returns an opener that never rejects: a failure comes with the socket, where the driver looks for it
 */
export function createDialler({ address, size, timeoutMs, onMute }: DiallerOptions) {
  let freeAt = 0
  return async (read: Address): Promise<Socket> => {
    const now = performance.now()
    freeAt = Math.max(freeAt, now - PAUSE_MS * size) + PAUSE_MS
    if (freeAt > now) await pause(freeAt - now)
    const socket = await dial(address ?? read, timeoutMs)
    const timer = setTimeout(() => {
      if (socket.bytesWritten > 0) return
      socket.destroy(new Failed('ECONNRESET', 'the driver says nothing on a new connection'))
      onMute()
    }, FIRST_WORD_MS)
    socket.once('close', () => clearTimeout(timer))
    return socket
  }
}

function dial({ host: [host = 'localhost'], port: [port = 5432], path }: Address, timeoutMs: number) {
  return new Promise<Socket>((resolve) => {
    const socket = new Socket()
    const fail = (error: Error) => {
      clearTimeout(timer)
      resolve(failing(error))
    }
    const timer = setTimeout(
      () => socket.destroy(new Failed('ETIMEDOUT', 'no connection in time')),
      timeoutMs,
    )
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      // Whoever encrypts it wants to know whose name the certificate should bear.
      resolve(Object.assign(closingWithoutError(socket), { host, port }))
    })
    if (path) socket.connect(path)
    else socket.connect(port, host)
  })
}

/**
 * Where a socket closes with an error, the driver believes that whoever was under way has heard of the error. It
 * forgets a statement that came between the two, which then waits for ever.
 */
function closingWithoutError(socket: Socket): Socket {
  const emit = socket.emit.bind(socket)
  socket.emit = (event: string | symbol, ...details: unknown[]) =>
    event === 'close' ? emit('close', false) : emit(event, ...details)
  return socket
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

class Failed extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}
