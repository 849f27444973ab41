import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Lifetime } from './postgres.ts'

/** A span as a collector receives it. */
export interface ReceivedSpan {
  traceId: string
  spanId: string
  /** Absent, or empty, for the first of a trace. */
  parentSpanId?: string
  name: string
  /** 1 internal, 2 server, 3 client, 5 consumer. */
  kind: number
  attributes: Record<string, unknown>
  links?: { traceId: string; spanId: string }[]
  status?: { code?: number }
  /** Of what it comes from. */
  resource: Record<string, unknown>
}

interface RawAttribute {
  key: string
  value: Record<string, unknown>
}

/** Takes traces as OTLP over HTTP in JSON, as a collector does; `hangs` takes what comes and never says a word. */
export async function startCollector(lifetime: Lifetime, { hangs = false } = {}) {
  const spans: ReceivedSpan[] = []
  let requests = 0
  const server = createServer(async (request, response) => {
    requests++
    const body = await text(request)
    if (hangs) return
    if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') {
      response.writeHead(400).end()
      return
    }
    for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
      for (const { spans: received } of scopeSpans) {
        for (const span of received) {
          spans.push({
            ...span,
            attributes: read(span.attributes),
            resource: read(resource.attributes),
          })
        }
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the collector has no port')
  return { url: `http://127.0.0.1:${address.port}`, spans, requests: () => requests }
}

const read = (attributes: RawAttribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
