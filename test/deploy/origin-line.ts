import { Agent, createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { Lifetime } from '../support/postgres.ts'

/** One request that reached the origin. */
export interface Asked {
  method: string
  url: string
  headers: IncomingHttpHeaders
  /** 0 while it is not answered, or when the service was not there. */
  status: number
}

export interface OriginLine {
  port: number
  asked: Asked[]
  /** Where the service is now. */
  target: string
  /**
   * What is fresh for a minute is so for a second, and may be shown for one more while it is asked for anew: so that a
   * test of what comes after need not take as long.
   */
  isQuick: boolean
  /** Every question is answered by 500, and reaches nobody. */
  isFailing: boolean
}

/** The line between an edge and the service, on which a test sees what is asked. */
export async function startOriginLine(lifetime: Lifetime, target: string): Promise<OriginLine> {
  const agent = new Agent({ keepAlive: true })
  const line: OriginLine = { port: 0, asked: [], target, isQuick: false, isFailing: false }
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming
    const asked: Asked = { method, url, headers, status: 0 }
    line.asked.push(asked)
    if (line.isFailing) {
      asked.status = 500
      outgoing.writeHead(500, { 'cache-control': 'no-store', vary: 'Accept, Accept-Version' }).end('{}')
      return
    }
    // As they came, each on its line: the service makes one of those that come twice.
    const passed = { method, headers: incoming.rawHeaders, agent, setHost: false }
    const passing = request(`${line.target}${url}`, passed, (answer) => {
      asked.status = answer.statusCode ?? 0
      for (const [name, value] of Object.entries(answer.headers)) {
        if (value !== undefined)
          outgoing.setHeader(name, line.isQuick && name === 'cache-control' ? quick(value) : value)
      }
      outgoing.writeHead(asked.status)
      answer.pipe(outgoing)
    })
    passing.on('error', () => incoming.socket.destroy())
    incoming.pipe(passing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    server.close().closeAllConnections()
    agent.destroy()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  line.port = address.port
  return line
}

function quick(cacheControl: string | string[]): string {
  return String(cacheControl)
    .replace('max-age=60', 'max-age=1')
    .replace('stale-while-revalidate=30', 'stale-while-revalidate=1')
}
