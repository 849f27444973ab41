/** Codes that ICU names although ISO 3166-1 has only reserved them, or left them to users. */
const NOT_ASSIGNED = new Set([
  'AC',
  'CP',
  'CQ',
  'DG',
  'EA',
  'EU',
  'EZ',
  'IC',
  'QO',
  'TA',
  'UN',
  'XA',
  'XB',
  'XK',
  'ZZ',
])

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })

/** ISO 3166-1 alpha-2, from the runtime's own ICU data: the list has no second place to go stale in. */
export const countryCodes = letters
  .flatMap((first) => letters.map((second) => first + second))
  .filter((code) => !NOT_ASSIGNED.has(code) && names.of(code) !== undefined && isCanonical(code))

/** A code that was withdrawn is an alias of its successor (`DD` of `DE`, `BU` of `MM`). */
function isCanonical(code: string): boolean {
  return Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`
}
