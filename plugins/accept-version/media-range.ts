import { parseMediaType, splitList } from './media-type.ts'

/** One member of an `Accept` header (RFC 9110 section 12.5.1). */
export interface MediaRange {
  /** In lower case, wildcards included: `application/json`, `application/*`, or both halves wild. */
  readonly type: string
  /** The `version` it asks for, unquoted; undefined for a range that names none. */
  readonly version: string | undefined
  /** In thousandths, 0 to 1000, so that equal weights compare equal. */
  readonly weight: number
  /** It carries a parameter that nothing on offer has, so it matches nothing. */
  readonly foreign: boolean
}

/** `qvalue` of RFC 9110 section 12.4.2. */
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/

/** The ranges of an `Accept` header in their order, without those that do not parse. */
export function parseAccept(header: string): MediaRange[] {
  const ranges: MediaRange[] = []
  for (const element of splitList(header)) {
    const range = parseRange(element)
    if (range !== undefined) ranges.push(range)
  }
  return ranges
}

function parseRange(source: string): MediaRange | undefined {
  const parsed = parseMediaType(source)
  if (parsed === undefined) return undefined
  let weight: number | undefined
  let version: string | undefined
  let foreign = false
  for (const { name, value } of parsed.parameters) {
    if (name === 'q') {
      // Wherever it stands among the parameters (section 12.5.1); two of them say nothing that could be obeyed.
      if (weight !== undefined || !WEIGHT.test(value)) return undefined
      weight = Math.round(Number(value) * 1000)
    } else if (name === 'version') {
      foreign ||= version !== undefined && version !== value
      version = value
    } else if (name !== 'charset' || value.toLowerCase() !== 'utf-8') foreign = true
  }
  return { type: parsed.type, version, weight: weight ?? 1000, foreign }
}
