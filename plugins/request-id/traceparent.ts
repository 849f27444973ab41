import { randomBytes } from 'node:crypto'

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Bit 0 of the flags, the only one that version 00 defines. */
const sampled = 1

/**
 * The `traceparent` to send on (W3C Trace Context, section 3.2): the caller's trace and sampling with a parent id of
 * our own, or a new trace where the caller sent none, several, or one that does not parse.
 */
export function continueTrace(header: string | string[] | undefined): string {
  const parent = randomBytes(8).toString('hex')
  const [, version, trace, caller, flags, rest] = form.exec(String(header ?? '')) ?? []
  const valid =
    version !== 'ff' &&
    trace !== undefined &&
    !/^0+$/.test(trace) &&
    !/^0+$/.test(caller ?? '') &&
    // A later version may append fields; the first one may not.
    (version !== '00' || rest === undefined)
  if (!valid) return `00-${randomBytes(16).toString('hex')}-${parent}-00`
  const kept = Number.parseInt(flags ?? '00', 16) & sampled
  return `00-${trace}-${parent}-0${kept}`
}
