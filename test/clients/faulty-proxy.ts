import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as send,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Lifetime } from '../support/postgres.ts'

/**
 * What the network does to one request:
 * - `lose-request`: it never reaches the service
 * - `lose-response`: the service has done its work, and nobody hears of it
 * - `break-off`: half of the answer arrives
 * - `hold`: nothing happens until the proxy is closed, or the client goes away
 * - an answer: of something that stands before the service
 * - `after`: it is passed on when that is done
 * - `answerAfter`: it is passed on at once, and its answer comes when that is done
 */
export type Fault =
  | 'lose-request'
  | 'lose-response'
  | 'break-off'
  | 'hold'
  | { status: number; headers?: Record<string, string>; body?: string }
  | { after: Promise<unknown> }
  | { answerAfter: Promise<unknown> }

/** A request as it arrived here. */
export interface Seen {
  method: string
  path: string
  headers: IncomingHttpHeaders
  /** Of the answer that the client was to get; none where there was to be none. */
  status?: number
}

export type FaultyProxy = Awaited<ReturnType<typeof startFaultyProxy>>

/** A network between a client and the service at `target`, that fails as it is told to. */
export async function startFaultyProxy(lifetime: Lifetime, target: string) {
  const seen: Seen[] = []
  const faults: Fault[] = []
  /** Told of every request: a fault for it, or undefined. Asked before `faults`. */
  let judge: (request: Seen) => Fault | undefined = () => undefined

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry: Seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers }
    seen.push(entry)
    const body = await buffer(request)
    const fault = judge(entry) ?? faults.shift()
    if (fault === 'hold') return
    if (fault === 'lose-request') return void request.socket.destroy()
    if (typeof fault === 'object' && 'status' in fault) {
      entry.status = fault.status
      return void response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '')
    }
    if (typeof fault === 'object' && 'after' in fault) await fault.after
    const answer = await pass(target, entry, body)
    if (typeof fault === 'object' && 'answerAfter' in fault) await fault.answerAfter
    if (fault === 'lose-response') return void request.socket.destroy()
    entry.status = answer.status
    response.writeHead(answer.status, answer.headers)
    if (fault !== 'break-off') return void response.end(answer.body)
    response.write(answer.body.subarray(0, answer.body.length / 2), () => request.socket.destroy())
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    /** Strikes the next requests, one each. */
    strike: (...next: Fault[]) => void faults.push(...next),
    /** Cuts every connection there is, as a phone does that leaves the network. */
    cut: () => server.closeAllConnections(),
    /** Decides about every request from now on. */
    judgeBy: (other: typeof judge) => {
      judge = other
    },
  }
}

function pass(target: string, { method, path, headers }: Seen, body: Buffer) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
    const { host: _host, connection: _connection, ...others } = headers
    const request = send(`${target}${path}`, { method, headers: others }, (answer) => {
      const { connection: _its, 'transfer-encoding': _coding, ...rest } = answer.headers
      buffer(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, headers: rest, body: bytes }),
        reject,
      )
    })
    request.on('error', reject)
    request.end(body)
  })
}
