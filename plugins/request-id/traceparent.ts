import { randomUUID } from 'node:crypto'

/** What a `traceparent` says. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  traceId: string
  /** 16 hexadecimal digits: the span that calls. */
  parentId: string
  /** Whether the caller keeps its part of the trace. */
  sampled: boolean
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const zeros = /^0+$/

/** Bit 0 of the flags, the only one that version 00 defines. */
const SAMPLED = 1

/** W3C Trace Context, section 3.2. Undefined for what does not parse, several headers joined among it. */
export function parseTraceparent(header: string | undefined): TraceParent | undefined {
  const [, version, traceId = '', parentId = '', flags = '', rest] = form.exec(header ?? '') ?? []
  if (version === undefined || version === 'ff' || zeros.test(traceId) || zeros.test(parentId))
    return undefined
  // A later version may append fields; the first one may not.
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED }
}

/** Random bits for which Node asks the system once in a hundred times, unlike `randomBytes`; and never all zeros. */
const newTraceId = () => randomUUID().replaceAll('-', '')

/** 16 hexadecimal digits, for a span of our own: the last two groups of a UUID. */
function newParentId(): string {
  const id = randomUUID()
  return id.slice(19, 23) + id.slice(24)
}

/** The `traceparent` of a trace that nobody asked to keep. */
export const beginTrace = (): string => `00-${newTraceId()}-${newParentId()}-00`

/** The `traceparent` to send on: the same trace and sampling with a parent id of our own. Undefined for what does not parse. */
export function continueTrace(header: string | undefined): string | undefined {
  const caller = parseTraceparent(header)
  return caller && `00-${caller.traceId}-${newParentId()}-0${caller.sampled ? SAMPLED : 0}`
}
