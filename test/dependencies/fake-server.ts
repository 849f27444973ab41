import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { isRecord } from '#src/dependencies/answer.ts'

export interface Seen {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** What the server does with one request, once it has read all of it. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage, seen: Seen) => void

/** A dependency whose answers a test writes, down to the bytes: the first request gets the first, and so on. */
export async function startFake(t: TestContext, ...behaviours: [Behaviour, ...Behaviour[]]) {
  const requests: Seen[] = []
  let sockets = 0
  let closedUnanswered = 0
  const server = createServer(async (request, response) => {
    // Ours to see: a socket that the client closed while it waited.
    response.on('close', () => {
      if (!response.writableFinished) closedUnanswered++
    })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url = '', headers } = request
    const seen = { method, url, headers, body: Buffer.concat(chunks).toString() }
    const behave = behaviours[requests.length] ?? behaviours.at(-1)
    requests.push(seen)
    behave?.(response, request, seen)
  })
  server.on('connection', () => sockets++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    requests,
    sockets: () => sockets,
    closedUnanswered: () => closedUnanswered,
  }
}

export function portOf(address: AddressInfo | string | null): number {
  if (!isRecord(address) || typeof address.port !== 'number') throw new Error('not listening')
  return address.port
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

export const hang: Behaviour = () => {}
export const reset: Behaviour = (_response, request) => request.socket.resetAndDestroy()
/** The work is done, and the connection gone before the answer. */
export const lostResponse: Behaviour = (_response, request) => request.socket.destroy()
export const raw =
  (bytes: string, { end = true } = {}): Behaviour =>
  (_response, request) => {
    request.socket.write(bytes)
    if (end) request.socket.end()
  }
export const halfJson: Behaviour = (response) => response.writeHead(200).end('{"id":"pi_1","status":"succ')
export const notHttp = raw('220 mail.example.com ready for anything but this\r\n\r\n')
/** Promises more than it sends. */
export const shortBody = raw('HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"id":"pi_1"}')
export const hugeBody: Behaviour = (response) =>
  response
    .writeHead(200)
    .end(JSON.stringify({ id: 'pi_1', status: 'succeeded', fill: 'x'.repeat(2 * 1024 * 1024) }))
/** Headers at once, and a body that never ends. */
export const dribble: Behaviour = (response) => {
  response.writeHead(200)
  response.write('{')
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await pause(5)
  }
}

/**
 * A port of this machine that nobody listens on. One that was free a moment ago may be the next that somebody is given;
 * those below 1024 are given to nobody who does not ask for them, and of those this one is nobody's (RFC 6335), while
 * `fetch` does not refuse it as it does others.
 */
export const closedPort = async (): Promise<number> => 4
