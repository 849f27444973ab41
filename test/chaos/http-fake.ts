import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Lifetime } from '../support/postgres.ts'
import type { Outcome } from './faults.ts'

export interface FakeAnswer {
  status: number
  body: unknown
}

/** An HTTP server whose answers may be errors, or a connection cut. @returns its URL */
export async function serveFake(
  lifetime: Lifetime,
  handle: (request: IncomingMessage, body: string) => Promise<Outcome<FakeAnswer>>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    try {
      const outcome = await handle(request, await text(request))
      if (outcome.kind === 'drop') return void request.socket.destroy()
      const { status, body } =
        outcome.kind === 'answer' ? outcome.answer : { status: outcome.status, body: FAULT_BODY }
      const headers = { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }) }
      response.writeHead(status, headers).end(JSON.stringify(body))
    } catch {
      // The caller was killed while it spoke.
      request.socket.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

const FAULT_BODY = { error: { type: 'api_error', message: 'a storm' } }
