import { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'

// What Node keeps to itself and offers no public way to ask for.

/** The response that Node has assigned to a socket, until all of it is handed over. */
export function responseOn(socket: Duplex): ServerResponse | undefined {
  const message: unknown = Reflect.get(socket, '_httpMessage')
  return message instanceof ServerResponse ? message : undefined
}

/** The request whose body is being read from a socket. */
export function requestBeingRead(socket: Duplex): IncomingMessage | undefined {
  const { incoming } = Object(Reflect.get(socket, 'parser'))
  return incoming instanceof IncomingMessage && !incoming.complete ? incoming : undefined
}

/** From here on, reads nothing from a connection that a server accepts until it is resumed. */
export function acceptUnread(server: Server): void {
  // An option of a server of `node:net`, which one of `node:http` does not hand on.
  Reflect.set(server, 'pauseOnConnect', true)
}
