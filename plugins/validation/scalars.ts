import { Format } from 'typebox/format'
import { type Check, count, keyword, numberKeyword } from './check.ts'

const formatNames: Readonly<Record<string, string>> = {
  email: 'an e-mail address',
  uri: 'a URI',
  url: 'a URL',
  uuid: 'a UUID',
  'date-time': 'a date and time as in RFC 3339',
}

/** The checks of a string's keywords. Lengths are counted in Unicode code points, as JSON Schema has them. */
export function stringChecks(schema: object): Check[] {
  const checks: Check[] = []
  const minimum = numberKeyword(schema, 'minLength')
  const maximum = numberKeyword(schema, 'maxLength')
  if (minimum !== undefined) {
    const detail = minimum === 1 ? 'must not be empty' : `must have at least ${count(minimum, 'character')}`
    checks.push((value, findings) => {
      if (typeof value === 'string' && codePoints(value) < minimum) findings.report(detail)
    })
  }
  if (maximum !== undefined) {
    const detail = `must have at most ${count(maximum, 'character')}`
    checks.push((value, findings) => {
      if (typeof value !== 'string' || value.length <= maximum) return
      // A code point is two units at most, so a huge string need not be counted to be too long.
      if (value.length > 2 * maximum || codePoints(value) > maximum) findings.report(detail)
    })
  }
  const pattern = keyword(schema, 'pattern')
  if (typeof pattern === 'string') {
    const expression = new RegExp(pattern, 'u')
    checks.push((value, findings) => {
      if (typeof value === 'string' && !expression.test(value)) findings.report(`must match ${pattern}`)
    })
  }
  const format = keyword(schema, 'format')
  if (typeof format === 'string') {
    if (!Format.Has(format)) throw new TypeError(`The schema has the unknown format "${format}"`)
    const detail = `must be ${formatNames[format] ?? `of the format ${format}`}`
    checks.push((value, findings) => {
      if (typeof value === 'string' && !Format.Test(format, value)) findings.report(detail)
    })
  }
  return checks
}

/** The checks of a number's keywords. */
export function numberChecks(schema: object): Check[] {
  const bounds: [string, string, (value: number, bound: number) => boolean][] = [
    ['minimum', 'must be at least', (value, bound) => value >= bound],
    ['maximum', 'must be at most', (value, bound) => value <= bound],
    ['exclusiveMinimum', 'must be more than', (value, bound) => value > bound],
    ['exclusiveMaximum', 'must be less than', (value, bound) => value < bound],
    ['multipleOf', 'must be a multiple of', (value, bound) => Number.isInteger(value / bound)],
  ]
  return bounds.flatMap(([name, words, holds]): Check[] => {
    const bound = numberKeyword(schema, name)
    if (bound === undefined) return []
    return [
      (value, findings) => {
        if (typeof value === 'number' && !holds(value, bound)) findings.report(`${words} ${bound}`)
      },
    ]
  })
}

function codePoints(text: string): number {
  let points = 0
  for (const _ of text) points += 1
  return points
}
