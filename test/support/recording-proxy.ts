import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { Lifetime } from './postgres.ts'

export interface RecordedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
}

/** Stands before a server and writes down what it is asked. */
export async function startRecordingProxy(lifetime: Lifetime, target: string) {
  const requests: RecordedRequest[] = []
  const server = createServer((incoming, response) => {
    const { method = '', url: path = '', headers } = incoming
    requests.push({ method, path, headers })
    const onward = request(`${target}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return { url: `http://127.0.0.1:${address.port}`, requests }
}
