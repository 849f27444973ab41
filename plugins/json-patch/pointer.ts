/** The reference tokens of a JSON pointer, unescaped; none is the whole document. */
export type Tokens = readonly string[]

/** @returns undefined if the text is no JSON pointer (RFC 6901 section 3) */
export function parsePointer(text: string): Tokens | undefined {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined
  const tokens = text.slice(1).split('/')
  // In this order: `~01` is `~1`, not `/` (RFC 6901 section 4).
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Whether `prefix` is the path itself, or leads to it. */
export function startsWith(path: Tokens, prefix: Tokens): boolean {
  return prefix.length <= path.length && prefix.every((token, index) => token === path[index])
}

/** Names that lead out of a value and into what all values share. As a token or a member they are never needed. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

export const isForbiddenName = (name: string) => FORBIDDEN.has(name)
