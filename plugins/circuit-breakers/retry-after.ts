const DELAY_SECONDS = /^\d{1,10}$/
/** IMF-fixdate, and the two obsolete forms that a recipient must accept (RFC 9110 section 5.6.7). */
const HTTP_DATE =
  /^(?:\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT|\w{6,9}, \d{2}-\w{3}-\d{2} \d{2}:\d{2}:\d{2} GMT|\w{3} \w{3} [ \d]\d \d{2}:\d{2}:\d{2} \d{4})$/
/** A longer wait is a broken clock or a typing error, and nobody would look for the job after it. */
const LONGEST_MS = 24 * 60 * 60 * 1000

/**
 * Reads a `Retry-After` field in both its forms (RFC 9110 section 10.2.3).
 *
 * @returns milliseconds from now, 0 to a day; undefined if there is none or it says nothing
 */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  const text = value?.trim()
  if (text === undefined) return undefined
  if (DELAY_SECONDS.test(text)) return Math.min(Number(text) * 1000, LONGEST_MS)
  if (!HTTP_DATE.test(text)) return undefined
  // The asctime form names no zone, and means GMT.
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
  if (Number.isNaN(at)) return undefined
  return Math.min(Math.max(at - now, 0), LONGEST_MS)
}
