/** One place in a request that cannot be accepted. */
export interface Violation {
  /** JSON pointer as a URI fragment (RFC 6901 section 6); of a missing or unknown member, where it would stand. */
  readonly pointer: string
  readonly in: 'body' | 'query' | 'header' | 'path' | 'result'
  /** What is wrong with it, readable after the name of the member: "must be an integer". */
  readonly detail: string
}

/** The URI fragment of a path of member names and indexes, e.g. `['items', 0, 'a/b']` is `#/items/0/a~1b`. */
export function fragmentPointer(path: readonly (string | number)[]): string {
  return `#${path.map((segment) => `/${escapeSegment(String(segment))}`).join('')}`
}

/** The URI fragment of a JSON pointer that is already escaped as RFC 6901 section 3 has it. */
export function pointerToFragment(pointer: string): string {
  return `#${encodeFragment(pointer)}`
}

function escapeSegment(segment: string): string {
  return encodeFragment(segment.replaceAll('~', '~0').replaceAll('/', '~1'))
}

/** Percent-encodes what RFC 3986 section 3.5 does not allow in a fragment. A lone surrogate becomes U+FFFD. */
function encodeFragment(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll('#', '%23').replaceAll('[', '%5B').replaceAll(']', '%5D')
}
