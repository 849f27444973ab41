import { type MediaRange, parseAccept } from './media-range.ts'

/**
 * Whether an `Accept` header would rather have HTML than JSON (RFC 9110 section 12.5.1). A tie, no header, or one
 * that accepts neither means JSON: browsers always name `text/html`, programs hardly ever do.
 */
export function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const ranges = parseAccept(accept)
  return (
    weightOf(['text/html', 'text/*', '*/*'], ranges) >
    weightOf(['application/json', 'application/*', '*/*'], ranges)
  )
}

/** The weight of the first of these names that the header has; the most specific one decides. */
function weightOf(names: readonly string[], ranges: readonly MediaRange[]): number {
  for (const name of names) {
    const range = ranges.find(({ type }) => type === name)
    if (range !== undefined) return range.weight
  }
  return 0
}
