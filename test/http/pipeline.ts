import { parseAnswers, sendRaw } from '../support/raw-http.ts'

export interface RawRequest {
  method: string
  /** As it goes over the wire, in whatever bytes. */
  target: string
  /** As they go over the wire: names may stand there twice, values may be anything. */
  headers: readonly (readonly [name: string, value: string])[]
  body?: string
}

/**
 * Sends requests one behind the other on a connection, as no client library would let them through. A connection
 * that the server closes before its time has fewer answers than requests.
 */
export async function pipeline(api: string, requests: readonly RawRequest[]): Promise<Response[]> {
  const { port, host } = new URL(api)
  const bytes = requests.map(({ method, target, headers, body }, index) => {
    const lines = [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
      ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
      ...(index === requests.length - 1 ? ['Connection: close'] : []),
    ]
    return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
  })
  return parseAnswers(await sendRaw(Number(port), bytes.join(''), 10_000))
}

/** Does something with each of a list, a few at a time. */
export async function each<T>(list: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const entries = list[Symbol.iterator]()
  const worker = async () => {
    for (let next = entries.next(); next.done !== true; next = entries.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}
