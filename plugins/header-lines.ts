import { type IncomingMessage, ServerResponse, validateHeaderName } from 'node:http'
import { createDecisionCache } from './decision-cache.ts'

/** Puts together the head of a response and keeps it until it is sent. */
type StoreHeader = (this: ServerResponse, before: string, headers: unknown) => void

/**
 * Where Node does that; it has no public way to be handed a line that is known to be right. In a Node without it, what is
 * made here is never called, and every line is checked and written as ever.
 */
const STORE_HEADER = '_storeHeader'
const storeHeader: StoreHeader | undefined = Reflect.get(ServerResponse.prototype, STORE_HEADER)

/** What Node reads as it writes it: how the connection goes on and where the body ends. */
const NODES_OWN =
  /^(?:connection|keep-alive|proxy-connection|content-(?:length|disposition)|transfer-encoding|date|expect|trailer|upgrade)$/
/** No value of a field, RFC 9110 section 5.5. Node says so itself, with its own error. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/

export interface HeaderLinesOptions {
  /** Names, in lower case, of headers that have few values: their lines are made once, and found again. */
  fewValues: readonly string[]
  /** Names of those that have another value each time. */
  manyValues?: readonly string[]
}

/**
 * For Node's server option `ServerResponse`: responses that write the headers of these names without looking into their names
 * again, and into their values once where there are few. Node checks each header of each answer by itself, which costs more
 * than all else that is done for it. The other headers, and what is no line of HTTP, are left to Node.
 *
 * @throws Error if one is no header's name in lower case, or one that Node has to see
 */
export function headerLines({ fewValues, manyValues = [] }: HeaderLinesOptions): typeof ServerResponse {
  const lines = new Map([
    ...fewValues.map((name) => [name, createDecisionCache(lineOf(name)).get] as const),
    ...manyValues.map((name) => [name, lineOf(name)] as const),
  ])

  return class<Request extends IncomingMessage> extends ServerResponse<Request> {
    [STORE_HEADER](statusLine: string, headers: unknown): void {
      // Headers that were set one by one on the response itself are Node's matter: it checked them as they were set.
      if (!isRecord(headers) || this.getHeaderNames().length > 0) {
        storeHeader?.call(this, statusLine, headers)
        return
      }
      let head = statusLine
      let others: Record<string, unknown> | undefined
      for (const name in headers) {
        if (!Object.hasOwn(headers, name)) continue
        const value = headers[name]
        const line = typeof value === 'string' && lines.get(name)?.(value)
        if (line) {
          head += line
        } else {
          others ??= {}
          others[name] = value
        }
      }
      storeHeader?.call(this, head, others)
    }
  }
}

/** @returns what makes the line of a value, and an empty text of what is none */
function lineOf(name: string): (value: string) => string {
  validateHeaderName(name)
  if (NODES_OWN.test(name) || name !== name.toLowerCase()) throw new Error(`Node has to see ${name}`)
  return (value) => (NO_VALUE.test(value) ? '' : `${name}: ${value}\r\n`)
}

const isRecord = (headers: unknown): headers is Record<string, unknown> =>
  typeof headers === 'object' && headers !== null && !Array.isArray(headers)
