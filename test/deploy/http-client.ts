import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** As few connections as a browser has. `fetch` would set headers of its own, `Accept` among them. */
const kept = new Agent({ keepAlive: true, maxSockets: 8 })

export interface Asking {
  method?: string
  headers?: OutgoingHttpHeaders
  body?: string
  agent?: Agent
}

/** @throws Error when no whole answer came */
export function ask(url: string, { method = 'GET', headers = {}, body, agent = kept }: Asking = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const asking = request(url, { method, headers, agent, timeout: 30_000 }, (answer) => {
      text(answer).then(
        (read) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read }),
        reject,
      )
    })
    asking.on('error', reject)
    asking.on('timeout', () => asking.destroy(new Error('no answer in 30 s')))
    asking.end(body)
  })
}
