import type { Span, SpanStart } from './span.ts'

/** Begins traces, or continues those of others. */
export interface Tracer {
  /**
   * @param parent `traceparent` of whoever called for it; of none, or of one that does not parse, a new trace begins
   */
  start(name: string, start: SpanStart & { parent?: string | undefined }): Span
  /** Sends what is not sent yet, for two seconds at most. Never rejects. */
  close(): Promise<void>
}
