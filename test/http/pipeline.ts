import { parseAnswers, sendRaw } from '../support/raw-http.ts'
import { eventually, isShed } from '../support/shop.ts'

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
 * that the server closes before its time has fewer answers than requests. So many at once may be more than a busy machine
 * does in time: what was shed is sent again, by itself.
 */
export async function pipeline(api: string, requests: readonly RawRequest[]): Promise<Response[]> {
  const answers: Response[] = []
  for (const [index, answer] of (await send(api, requests)).entries()) {
    const alone = requests.slice(index, index + 1)
    const again = async () => {
      const [other] = await send(api, alone)
      return other !== undefined && !(await isShed(other)) && other
    }
    answers.push((await isShed(answer)) ? await eventually('an answer that is not shed', again) : answer)
  }
  return answers
}

async function send(api: string, requests: readonly RawRequest[]): Promise<Response[]> {
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
