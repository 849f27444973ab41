import { parse } from 'lossless-json'

/** `JSON.parse`, with the names that members really have. @throws SyntaxError */
export function readJson(text: string): unknown {
  return withTrueNames(JSON.parse(text), text)
}

/**
 * A value that V8 has parsed, or what should have come of it. To a name that is written with an escape V8 gives that of
 * another member, of any text that the process has read, where the escaped one begins with it as it is written:
 * `"gr\u00f6\u00dfe"` becomes `gr\u0`, and `"\""` a backslash (https://github.com/nodejs/node/issues/63785).
 */
export function withTrueNames(value: unknown, text: string): unknown {
  if (!escapesAName(text)) return value
  return parse(text, undefined, { parseNumber: Number, onDuplicateKey: ({ newValue }) => newValue })
}

function escapesAName(text: string): boolean {
  if (!text.includes('\\')) return false
  for (const [string] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/gs)) {
    if (string.endsWith(':') && string.includes('\\')) return true
  }
  return false
}
