import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { portOf } from '../dependencies/fake-server.ts'
import type { Lifetime } from '../support/postgres.ts'

/** What may be wrong with whoever is asked; each is done to the bytes on the socket. */
export const FAULTS = [
  'error',
  'slow',
  'hang',
  'reset',
  'lost response',
  'rate limit',
  'garbage',
  'down for an hour',
] as const

export type Fault = (typeof FAULTS)[number] | 'none'

export interface Answer {
  status: number
  body: unknown
}

export interface FaultyHttpOptions {
  /** What it is there for. */
  work: (request: IncomingMessage, body: string) => Answer
  /** What it answers when it would rather be left alone, in seconds. */
  retryAfterSeconds: number
  /** Longer than anybody waits for one attempt. */
  slowMs: number
}

export type FaultyHttp = Awaited<ReturnType<typeof startFaultyHttp>>

/** A dependency over HTTP that can be made to fail in every way there is, and counts who asked. */
export async function startFaultyHttp(lifetime: Lifetime, options: FaultyHttpOptions) {
  const calls: { method: string; path: string; key: string; body: string; at: number }[] = []
  let fault: Fault = 'none'
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => '')
    const { method = '', url: path = '', headers } = request
    calls.push({ method, path, key: String(headers['idempotency-key']), body, at: Date.now() })
    const work = () => options.work(request, body)
    await answer(fault, { request, response, work, nth: calls.length }, options)
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const port = portOf(server.address())
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  lifetime.after(stop)
  return {
    url: `http://127.0.0.1:${port}`,
    calls,

    /** From now on; `none` is fair weather. */
    async suffer(next: Fault): Promise<void> {
      if (next === 'down for an hour' && server.listening) await stop()
      if (next !== 'down for an hour' && !server.listening) await listen(port)
      fault = next
    },
  }
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  work: () => Answer
  nth: number
}

async function answer(fault: Fault, exchange: Exchange, options: FaultyHttpOptions): Promise<void> {
  const { request, response, work, nth } = exchange
  switch (fault) {
    case 'none':
      return say(response, work())
    case 'error':
    case 'down for an hour':
      return say(response, { status: 500, body: { error: { type: 'api_error', message: 'no' } } })
    case 'rate limit':
      response.setHeader('retry-after', String(options.retryAfterSeconds))
      return say(response, { status: 429, body: { error: { code: 'rate_limit' } } })
    case 'slow': {
      const late = work()
      await pause(options.slowMs)
      return say(response, late)
    }
    case 'hang':
      return
    case 'reset':
      return void request.socket.resetAndDestroy()
    case 'lost response':
      work()
      return void request.socket.destroy()
    case 'garbage':
      return GARBAGE[nth % GARBAGE.length]?.(response, request)
  }
}

function say(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** None of it is a yes: no HTTP, a length that is not kept, two lengths, no status there is. */
const GARBAGE: ((response: ServerResponse, request: IncomingMessage) => void)[] = [
  'SSH-2.0-OpenSSH_9.2\r\n\r\n',
  '\u0000\u0001\u0002\u0003\u0004garbage\u0000',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n{"id"}',
  'HTTP/1.1 2000000 OK\r\n\r\n',
].map((bytes) => (_response, request) => void request.socket.end(bytes))
