import { AsyncLocalStorage } from 'node:async_hooks'

type SpanKind = 'server' | 'client' | 'consumer' | 'internal'

export type Attributes = Record<string, string | number | boolean>

export interface SpanStart {
  kind: SpanKind
  attributes?: Attributes
  /** Other spans that this one works for, beside its parent. */
  links?: readonly Span[]
}

/** Something that takes its time, as part of a trace. */
export interface Span {
  /** W3C Trace Context: this span as the parent of what it gives rise to. */
  readonly traceparent: string
  /** Whether it will be sent to anybody. If not, it has no children that are worth making. */
  readonly recorded: boolean
  child(name: string, start: SpanStart): Span
  rename(name: string): void
  set(attributes: Attributes): void
  /** Once; with what it failed of, if it did. Of an error its type and code are kept: its message may quote secrets. */
  end(error?: unknown): void
}

const storage = new AsyncLocalStorage<Span | undefined>()

/** The span that the present work belongs to. Where nothing is traced there is none, and asking costs next to nothing. */
export const activeSpan = (): Span | undefined => storage.getStore()

/** Does something as part of a span, or of none. */
export const withSpan = <T>(span: Span | undefined, work: () => T): T => storage.run(span, work)

/**
 * Does something in a span of its own below the active one; without an active one, just does it.
 */
export function traced<T>(name: string, start: SpanStart, work: (span?: Span) => Promise<T>): Promise<T> {
  const parent = activeSpan()
  return parent?.recorded === true ? runIn(parent.child(name, start), work) : work()
}

async function runIn<T>(span: Span, work: (span?: Span) => Promise<T>): Promise<T> {
  try {
    const result = await withSpan(span, () => work(span))
    span.end()
    return result
  } catch (error) {
    span.end(error)
    throw error
  }
}

/** Does something at once for several spans: as part of the first, linked with the others. */
export function forSpans<T>(spans: readonly (Span | undefined)[], work: () => T): T {
  const [first, ...others] = [...new Set(spans.filter((span) => span !== undefined))]
  if (first === undefined || others.length === 0) return withSpan(first, work)
  const linked: Span = {
    ...first,
    child: (name, start) => first.child(name, { ...start, links: others }),
  }
  return withSpan(linked, work)
}
