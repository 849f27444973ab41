/** A media type or range as it stood in a header: `type` in lower case, parameter names in lower case. */
export interface MediaType {
  readonly type: string
  readonly parameters: readonly Parameter[]
}

interface Parameter {
  readonly name: string
  /** Unquoted: `2` for both `version=2` and `version="2"` (RFC 9110 section 5.6.6). */
  readonly value: string
}

const HTAB = 0x09
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const SEMICOLON = 0x3b
const BACKSLASH = 0x5c

/** `tchar` of RFC 9110 section 5.6.2. */
const IS_TOKEN = new Uint8Array(256)
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  IS_TOKEN[char.charCodeAt(0)] = 1
}

/**
 * The elements of a comma-separated list (RFC 9110 section 5.6.1), without the white space around them and
 * without empty ones. A comma in a quoted string separates nothing; a quote that never closes makes the rest
 * of the header one element, so that nothing a client meant as text is read as a member.
 */
export function splitList(header: string): string[] {
  const elements: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at <= header.length; at++) {
    const code = header.charCodeAt(at)
    if (at === header.length || (code === COMMA && !quoted)) {
      const element = trimmed(header, start, at)
      if (element !== '') elements.push(element)
      start = at + 1
    } else if (code === QUOTE) quoted = !quoted
    else if (code === BACKSLASH && quoted) at = Math.min(at + 1, header.length - 1)
  }
  return elements
}

/**
 * `type "/" subtype parameters` of RFC 9110 section 8.3.1, to the letter: white space only around `;`.
 * Every character is looked at once or twice, so the time grows with the length and nothing else.
 *
 * @returns undefined if it does not parse
 */
export function parseMediaType(source: string): MediaType | undefined {
  const slash = tokenEnd(source, 0)
  if (slash === 0 || source[slash] !== '/') return undefined
  const end = tokenEnd(source, slash + 1)
  if (end === slash + 1) return undefined
  const parameters = parseParameters(source, end)
  return parameters && { type: source.slice(0, end).toLowerCase(), parameters }
}

function parseParameters(source: string, start: number): Parameter[] | undefined {
  const parameters: Parameter[] = []
  let at = start
  while (at < source.length) {
    at = skipSpace(source, at)
    if (source.charCodeAt(at) !== SEMICOLON) return undefined
    at = skipSpace(source, at + 1)
    // The grammar lets a parameter be left out: `text/html;` and `text/html;;q=1` are well formed.
    if (at === source.length || source.charCodeAt(at) === SEMICOLON) continue
    const nameEnd = tokenEnd(source, at)
    if (nameEnd === at || source[nameEnd] !== '=') return undefined
    const valueStart = nameEnd + 1
    const isQuoted = source.charCodeAt(valueStart) === QUOTE
    const end = isQuoted ? quotedEnd(source, valueStart) : tokenEnd(source, valueStart)
    if (end <= valueStart) return undefined
    const raw = source.slice(valueStart, end)
    parameters.push({
      name: source.slice(at, nameEnd).toLowerCase(),
      value: isQuoted ? raw.slice(1, -1).replace(/\\(.)/gs, '$1') : raw,
    })
    at = end
  }
  return parameters
}

/** Just behind the closing quote of the string that opens at `start`; -1 if it is no quoted string. */
function quotedEnd(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at)
    if (code === QUOTE) return at + 1
    if (code === BACKSLASH) at++
    if (!isText(source.charCodeAt(at))) return -1
  }
  return -1
}

/** What may stand in a quoted string: HTAB, SP, VCHAR and obs-text (RFC 9110 section 5.6.4). */
function isText(code: number): boolean {
  return code === HTAB || (code >= SPACE && code <= 0xff && code !== 0x7f)
}

function tokenEnd(source: string, start: number): number {
  let at = start
  while (IS_TOKEN[source.charCodeAt(at)] === 1) at++
  return at
}

function skipSpace(source: string, start: number): number {
  let at = start
  while (source.charCodeAt(at) === SPACE || source.charCodeAt(at) === HTAB) at++
  return at
}

function trimmed(source: string, from: number, to: number): string {
  const start = skipSpace(source, from)
  let end = to
  while (end > start && (source.charCodeAt(end - 1) === SPACE || source.charCodeAt(end - 1) === HTAB)) end--
  return source.slice(start, end)
}
