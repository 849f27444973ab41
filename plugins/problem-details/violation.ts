/** One place in a request that cannot be accepted. */
export interface Violation {
  /** JSON pointer as a URI fragment (RFC 6901 section 6); of a missing or unknown member, where it would stand. */
  readonly pointer: string
  readonly in: 'body' | 'query' | 'header' | 'path' | 'result'
  /** What is wrong with it, readable after the name of the member: "must be an integer". */
  readonly detail: string
}

/** A body may be wrong in a hundred thousand places; nobody reads more of them than this. */
export const MOST_VIOLATIONS = 100

/** Of a name in a pointer, in UTF-16 code units: longer than any that is not made to be long. */
const MOST_OF_NAME = 200
/** Of a pointer. A body may be one long name with a hundred violations below it, each of which would repeat it. */
const MOST_OF_POINTER = 500

/**
 * The URI fragment of a path of member names and indexes, e.g. `['items', 0, 'a/b']` is `#/items/0/a~1b`. What is too long to be
 * repeated ends with an ellipsis.
 */
export function fragmentPointer(path: readonly (string | number)[]): string {
  let pointer = '#'
  for (const segment of path) {
    if (pointer.length > MOST_OF_POINTER) return `${pointer}/${ELLIPSIS}`
    const name = String(segment)
    pointer += `/${encodeFragment(escapeSegment(name.slice(0, MOST_OF_NAME)))}`
    if (name.length > MOST_OF_NAME) pointer += ELLIPSIS
  }
  return pointer
}

/** The URI fragment of a JSON pointer that is already escaped as RFC 6901 section 3 has it. */
export function pointerToFragment(pointer: string): string {
  const fragment = `#${encodeFragment(pointer.slice(0, MOST_OF_POINTER))}`
  return pointer.length > MOST_OF_POINTER ? fragment + ELLIPSIS : fragment
}

const ELLIPSIS = encodeURI('…')

/** RFC 6901 section 3. */
export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Percent-encodes what RFC 3986 section 3.5 does not allow in a fragment. A lone surrogate becomes U+FFFD. */
function encodeFragment(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll('#', '%23').replaceAll('[', '%5B').replaceAll(']', '%5D')
}
