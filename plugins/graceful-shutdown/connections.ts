import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { responseOn } from '../node-internals.ts'
import { acceptLastConnections } from './last-connections.ts'

/** How often connections are looked over while the last requests finish. */
const SWEEP_MS = 50
/**
 * How long after listening stopped a connection without a request may stay: what was sent before then has arrived,
 * and nobody keeps the process who only holds a connection open, kept alive, silent or with half a header.
 */
const SILENCE_MS = 500

export type Connections = ReturnType<typeof trackConnections>

/**
 * The connections of a server, so that it can be closed without cutting an answer and without waiting for a client
 * that has nothing to say. Fastify's own `close()` waits for keep-alive clients as long as they keep asking, or, with
 * `forceCloseConnections`, cuts them off in the middle of an answer; and Node does not count a connection as idle
 * that never spoke, but does count one whose answer is made and not fetched yet.
 */
export function trackConnections(server: Server) {
  const sockets = new Set<Socket>()
  const closed = Promise.withResolvers<void>()
  let stoppedAt = 0
  let isHurried = false
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })

  /**
   * As Node does it with a request that takes longer than the server waits: with 408, which says that it may be sent again
   * (RFC 9110 section 15.5.9). Its handler hears that the client is gone.
   */
  const refuseUnfinished = () => {
    for (const socket of sockets) {
      const response = responseOn(socket)
      const isUnfinished = response !== undefined && !response.req.complete && !response.headersSent
      if (isUnfinished && socket.writable) server.emit('clientError', new RequestUnfinished(), socket)
    }
  }

  return {
    isListening: () => server.listening,

    /** Lets the answers that are under way, and all that follow, be the last ones on their connections. */
    endKeepAlive(): void {
      // Not a header of the reply: those that turn errors into answers decide about that one themselves.
      server.prependListener('request', (_request, response) => {
        response.shouldKeepAlive = false
      })
      for (const socket of sockets) {
        const response = responseOn(socket)
        if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false
      }
    },

    /** Resolves, in a moment at most, when whoever has connected is accepted and nobody can any more. */
    async stopListening(): Promise<void> {
      await acceptLastConnections(server)
      // Not the HTTP server's own way, which would cut answers that a slow reader has not fetched yet.
      NetServer.prototype.close.call(server, () => closed.resolve())
      stoppedAt = performance.now()
    },

    /** After listening stopped: resolves when every request has been answered and every connection is closed. */
    async finish(): Promise<void> {
      const look = () => {
        if (isHurried) refuseUnfinished()
        if (performance.now() - stoppedAt < SILENCE_MS) return
        for (const socket of sockets) {
          if (responseOn(socket) === undefined && socket.writableLength === 0) socket.destroy()
        }
      }
      // Once around the loop more: when it was this process that stood still, what was sent meanwhile is read first.
      const sweep = setInterval(() => setImmediate(look), SWEEP_MS)
      try {
        await closed.promise
      } finally {
        clearInterval(sweep)
      }
    },

    /** From now on, refuses the requests of which the body has not arrived whole. */
    hurry(): void {
      isHurried = true
    },

    /** How many requests are being answered. It is looked up: counting would cost each request. */
    inFlight: () => [...sockets].filter((socket) => responseOn(socket) !== undefined).length,

    /** Requests being answered, as `GET /path`, without the query. */
    busy(): string[] {
      return [...sockets].flatMap((socket) => {
        const request = responseOn(socket)?.req
        return request === undefined ? [] : [`${request.method} ${request.url?.split('?')[0]}`]
      })
    },

    /** Cuts whatever is left. */
    destroy(): void {
      for (const socket of sockets) socket.destroy()
    },
  }
}

class RequestUnfinished extends Error {
  override readonly name = 'RequestUnfinished'
  /** Node's own, by which whoever answers knows what it is. */
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT'

  constructor() {
    super('the request had not arrived when the process had to end')
  }
}
