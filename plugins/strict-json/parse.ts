import { fragmentPointer, Problem } from '../problem-details.ts'
import { withTrueNames } from './read-json.ts'
import { findOddities } from './scan.ts'

// A byte order mark is kept, so that it can be refused: RFC 8259 section 8.1 lets a sender add none.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The value of a JSON text (RFC 8259) that means the same to every parser, which is what I-JSON (RFC 7493) asks for.
 * @param maxDepth levels of arrays and objects
 * @throws Problem `malformed-request`, with what was found and where
 */
export function parseStrictJson(bytes: Buffer, maxDepth: number): unknown {
  if (bytes.length === 0) throw malformed('The body is empty.')
  const text = decode(bytes)
  if (text.startsWith('\uFEFF')) throw malformed('The body begins with a byte order mark.')

  const value = parse(text)
  const oddities = findOddities(text, maxDepth)
  const [first, ...others] = oddities
  if (first === undefined) return withTrueNames(value, text)

  const more = others.length === 0 ? '' : `, and ${others.length} more`
  throw malformed(
    `The body is not acceptable JSON: ${fragmentPointer(first.path)} ${first.detail}${more}.`,
    oddities.map(({ path, detail }) => ({ pointer: fragmentPointer(path), in: 'body', detail })),
  )
}

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw malformed('The body is not UTF-8.', undefined, cause)
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (cause) {
    throw malformed(`The body is not JSON${whereabouts(text, cause)}.`)
  }
}

/** The parser's message quotes the body, which may hold a payment token; only the position is taken from it. */
function whereabouts(text: string, error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  if (position === undefined) return ''
  const lines = text.slice(0, Number(position)).split('\n')
  return `: see line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}

function malformed(detail: string, errors?: readonly unknown[], cause?: unknown): Problem {
  return new Problem('malformed-request', {
    detail,
    extensions: errors === undefined ? undefined : { errors },
    cause,
  })
}
