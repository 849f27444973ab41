import type { Context, Span as OpenTelemetrySpan } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace'
import type { FastifyBaseLogger } from 'fastify'
import { parseTraceparent } from '../request-id/traceparent.ts'
import { within } from '../within.ts'
import type { Attributes, Span, SpanStart } from './span.ts'
import type { Tracer } from './tracer.ts'

export interface OpenTelemetryOptions {
  /** Where OTLP is taken over HTTP, path included: `http://127.0.0.1:4318/v1/traces`. */
  url: string
  /** Beside what the SDK reads by itself. */
  headers?: Record<string, string>
  /** What the spans come from: `service.name` and others. */
  resource: Attributes
  /** `always_on`, `always_off` or `traceidratio`, each also with `parentbased_` in front: then as whoever called decided. */
  sampler: string
  /** Fraction of traces that are kept, for the samplers by ratio. */
  samplerRatio: number
  log: Pick<FastifyBaseLogger, 'warn'>
}

/** Spans wait at most this long for others to go with. */
const BATCH_MS = 1_000
/** Kept while the collector is away, some megabytes; what comes on top is dropped. */
const QUEUE = 2_048
/** A collector that takes longer is not there. */
const EXPORT_TIMEOUT_MS = 5_000
/** The end of a process is not put off for its traces. */
const CLOSE_TIMEOUT_MS = 2_000
/** A collector that is away fails once a second. */
const COMPLAIN_EVERY_MS = 60_000

/**
 * OpenTelemetry's SDK, loaded only here, and only when somebody calls this: importing it alone costs a tenth of a second.
 * Nothing is registered globally; who wants spans is handed the tracer.
 */
export async function startOpenTelemetry(options: OpenTelemetryOptions): Promise<Tracer> {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const { SpanKind, SpanStatusCode, TraceFlags, ROOT_CONTEXT, trace, diag, DiagLogLevel } = api
  diag.setLogger(complaining(options.log), DiagLogLevel.WARN)

  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes(options.resource),
    sampler: samplerOf(options.sampler, options.samplerRatio),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: new OTLPTraceExporter({
          url: options.url,
          timeoutMillis: EXPORT_TIMEOUT_MS,
          ...(options.headers && { headers: options.headers }),
        }),
        scheduledDelayMillis: BATCH_MS,
        maxQueueSize: QUEUE,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  })
  const tracer = provider.getTracer('holdfast')
  const kinds = {
    server: SpanKind.SERVER,
    client: SpanKind.CLIENT,
    consumer: SpanKind.CONSUMER,
    internal: SpanKind.INTERNAL,
  }

  function begin(name: string, { kind, attributes, links = [] }: SpanStart, parent: Context): Span {
    const linked = links.flatMap(({ traceparent }) => contextOf(traceparent) ?? [])
    const span = tracer.startSpan(
      name,
      { kind: kinds[kind], attributes: attributes ?? {}, links: linked.map((context) => ({ context })) },
      parent,
    )
    return toSpan(span)
  }

  function toSpan(span: OpenTelemetrySpan): Span {
    const { traceId, spanId, traceFlags } = span.spanContext()
    return {
      traceparent: `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`,
      recorded: span.isRecording(),
      child: (name, start) => begin(name, start, trace.setSpan(ROOT_CONTEXT, span)),
      rename: (name) => void span.updateName(name),
      set: (attributes) => void span.setAttributes(attributes),
      end(error) {
        if (error !== undefined) {
          span.setAttribute('error.type', errorType(error)).setStatus({ code: SpanStatusCode.ERROR })
        }
        span.end()
      },
    }
  }

  function contextOf(traceparent: string | undefined) {
    const parsed = parseTraceparent(traceparent)
    if (parsed === undefined) return undefined
    const traceFlags = parsed.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
    return { traceId: parsed.traceId, spanId: parsed.parentId, traceFlags, isRemote: true }
  }

  function samplerOf(name: string, ratio: number): Sampler {
    const parentBased = /^parentbased_(.*)$/.exec(name)?.[1]
    const root = parentBased ?? name
    const sampler =
      root === 'always_on'
        ? new sdk.AlwaysOnSampler()
        : root === 'always_off'
          ? new sdk.AlwaysOffSampler()
          : new sdk.TraceIdRatioBasedSampler(ratio)
    return parentBased === undefined ? sampler : new sdk.ParentBasedSampler({ root: sampler })
  }

  return {
    start(name, { parent, ...start }) {
      const context = contextOf(parent)
      return begin(name, start, context ? trace.setSpanContext(ROOT_CONTEXT, context) : ROOT_CONTEXT)
    },

    async close() {
      // What could not be sent was complained of; the process ends all the same.
      const sent = provider.shutdown().catch(() => {})
      await within(CLOSE_TIMEOUT_MS, sent, () => {})
      diag.disable()
    },
  }
}

/** A code is the more telling: `ECONNREFUSED`, `57P01`. A status below is its own name. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : typeof error
  const code: unknown = Reflect.get(error, 'code')
  return typeof code === 'string' && code !== '' ? code : error.constructor.name
}

/** For OpenTelemetry's own log, which repeats itself. */
function complaining(log: Pick<FastifyBaseLogger, 'warn'>) {
  let saidAt = Number.NEGATIVE_INFINITY
  const say = (message: string) => {
    if (performance.now() - saidAt < COMPLAIN_EVERY_MS) return
    saidAt = performance.now()
    log.warn({ reason: reasonOf(message) }, 'traces are not sent')
  }
  return { error: say, warn: say, info() {}, debug() {}, verbose() {} }
}

/**
 * What OpenTelemetry says may be an error as JSON, with all that it knows. Of a refusal that is the collector's answer,
 * which may repeat the key it was shown; the status is enough.
 */
function reasonOf(text: string): string {
  if (!text.startsWith('{')) return text
  try {
    const { name, code, message }: Record<string, string | undefined> = JSON.parse(text)
    const refused = name === 'OTLPExporterError' && code !== undefined
    return (refused ? `the collector answered ${code}` : message) ?? 'an error without a message'
  } catch {
    return 'an error of no known form'
  }
}
