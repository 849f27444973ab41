/** A place in a JSON text that parses, but means different things to different parsers, or to none. */
export interface Oddity {
  /** Member names and indexes from the root. */
  readonly path: readonly (string | number)[]
  /** Readable after the name of the member: "is named twice". */
  readonly detail: string
}

interface Level {
  /** Names seen so far in an object; undefined in an array. */
  readonly names: Set<string> | undefined
  /** The member or index that is being read. */
  at: string | number
}

/** A body may be all oddities; nobody reads more of them than this. */
const maxOddities = 100

/**
 * Walks a text that `JSON.parse` has accepted, once, and finds what it lets through: a member named twice (the
 * last one wins here, the first one elsewhere), `__proto__`, NUL and lone surrogates (both only possible as
 * escapes, and neither can be stored), numbers that a double cannot keep, and nesting deeper than `maxDepth`.
 */
export function findOddities(text: string, maxDepth: number): Oddity[] {
  const found: Oddity[] = []
  const levels: Level[] = []
  let expectsName = false

  const report = (detail: string) => {
    if (found.length < maxOddities) found.push({ path: levels.map(({ at }) => at), detail })
  }

  let index = 0
  while (index < text.length) {
    const level = levels.at(-1)
    const code = text.charCodeAt(index)
    if (code === quote) {
      const end = endOfString(text, index)
      const value = stringAt(text, index, end)
      if (expectsName && level?.names !== undefined) {
        level.at = value
        expectsName = false
        if (level.names.has(value)) report('is named twice')
        if (value === '__proto__') report('is no name that a member may have')
        level.names.add(value)
      }
      if (value.includes('\0')) report('contains NUL')
      if (!value.isWellFormed()) report('contains half of a surrogate pair')
      index = end
      continue
    }
    if (code === openBrace || code === openBracket) {
      if (levels.length === maxDepth) {
        report(`is nested deeper than ${maxDepth} levels`)
        return found
      }
      levels.push(code === openBrace ? { names: new Set(), at: '' } : { names: undefined, at: 0 })
      expectsName = code === openBrace
    } else if (code === closeBrace || code === closeBracket) {
      levels.pop()
      expectsName = false
    } else if (code === comma && level !== undefined) {
      if (typeof level.at === 'number') level.at += 1
      else expectsName = true
    } else if (code === minus || (code >= zero && code <= nine)) {
      const end = endOfNumber(text, index)
      const oddity = oddityOfNumber(text.slice(index, end))
      if (oddity !== undefined) report(oddity)
      index = end
      continue
    }
    index += 1
  }
  return found
}

const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const zero = 0x30
const nine = 0x39
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** Index behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === quote) return index + 1
    index += code === backslash ? 2 : 1
  }
  return index
}

function stringAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1)
  if (!raw.includes('\\')) return raw
  const value: unknown = JSON.parse(text.slice(start, end))
  return String(value)
}

function endOfNumber(text: string, start: number): number {
  let index = start + 1
  while (index < text.length && '0123456789+-.eE'.includes(text.charAt(index))) index += 1
  return index
}

/** A double keeps every integer of so many digits, so most literals need no second look. */
const safeLength = 15

/**
 * What a double (RFC 7493 section 2.2) would make another number of. The line is this: an integer is a name or a
 * count, and has to come back digit by digit; a fraction or a power is a measure, and comes back as near as can be,
 * but not as zero if it is none.
 */
function oddityOfNumber(literal: string): string | undefined {
  const number = Number(literal)
  if (!Number.isFinite(number)) return 'is larger than a number can be'
  if (number === 0 && /^-?[0.]*[1-9]/.test(literal)) return 'is closer to zero than a number can be'
  if (literal.length <= safeLength || !/^-?\d+$/.test(literal)) return undefined
  return digitsOf(literal) === digitsOf(String(number)) ? undefined : 'has more digits than a number can keep'
}

/** Without the point, the power and the zeros at the end: what tells apart two numbers that nearly agree. */
const digitsOf = (written: string) => written.replace(/e.*/, '').replace('.', '').replace(/0+$/, '')
