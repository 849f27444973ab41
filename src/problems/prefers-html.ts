/**
 * Whether an `Accept` header would rather have HTML than JSON (RFC 9110 section 12.5.1). A tie, no header, or one
 * that accepts neither means JSON: browsers always name `text/html`, programs hardly ever do.
 */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false
  return qualityOf('text', 'html', accept) > qualityOf('application', 'json', accept)
}

/** The quality of the most specific range that takes in the type. */
function qualityOf(type: string, subtype: string, accept: string): number {
  let quality = 0
  let specificity = 0
  for (const range of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim())
    const specific = [`*/*`, `${type}/*`, `${type}/${subtype}`].indexOf(name) + 1
    if (specific <= specificity) continue
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    if (!/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight)) continue
    specificity = specific
    quality = Number(weight)
  }
  return quality
}
