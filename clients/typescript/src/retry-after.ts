/**
 * What `Retry-After` asks to wait, in milliseconds, in both of its forms (RFC 9110 section 10.2.3). A date is held against the
 * answer's own `Date` where that can be read, for the clock of a phone may be minutes off.
 */
export function retryAfterMs(headers: Headers, now = Date.now()): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  const until = Date.parse(value)
  if (Number.isNaN(until)) return undefined
  const sent = Date.parse(headers.get('date') ?? '')
  return Math.max(0, until - (Number.isNaN(sent) ? now : sent))
}
