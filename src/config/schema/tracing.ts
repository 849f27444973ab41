import Type from 'typebox'
import * as kind from '../kinds.ts'
import * as url from '../url-kinds.ts'

/**
 * Of OpenTelemetry's standard settings those that are read here. How spans are handed over (`OTEL_EXPORTER_OTLP_HEADERS`,
 * `_TIMEOUT`, `_COMPRESSION`, certificates) the exporter reads from the environment by itself.
 */
export const tracingSettings = {
  otelExporterOtlpEndpoint: Type.Optional(
    url.base({
      section: 'Traces (OpenTelemetry; nothing is traced unless an endpoint is set)',
      description: 'Where traces go, as OTLP over HTTP in JSON; /v1/traces is appended.',
      examples: ['http://collector.example.com:4318'],
    }),
  ),
  otelExporterOtlpTracesEndpoint: Type.Optional(
    url.of(['http', 'https'], {
      description: 'The same, taken as it is, path and all. It goes before the other.',
      examples: ['http://collector.example.com:4318/v1/traces'],
    }),
  ),
  otelExporterOtlpHeaders: Type.Optional(
    kind.pairs({
      description: 'What the collector wants to be told, such as a key. Read by the exporter itself.',
      examples: ['authorization=Bearer%20a-key'],
      secret: true,
    }),
  ),
  otelSdkDisabled: kind.flag({
    description: 'Turns traces off, whatever else is set.',
    default: false,
    examples: ['true'],
  }),
  otelTracesExporter: kind.oneOf(['otlp', 'none'], {
    description: 'With none, nothing is traced.',
    default: 'otlp',
    examples: ['none'],
  }),
  otelServiceName: Type.Optional(
    kind.text('any text', '\\S', {
      description: 'What this service is called among others. Left out: holdfast.',
      examples: ['shop-orders'],
    }),
  ),
  otelResourceAttributes: Type.Optional(
    kind.pairs({
      description: 'What else is said of it on every span.',
      examples: ['deployment.environment.name=production,service.namespace=shop'],
    }),
  ),
  otelTracesSampler: kind.oneOf(
    [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
    {
      description: 'Which traces are kept. Parent-based: as whoever called decided, if they did.',
      default: 'parentbased_always_on',
      examples: ['parentbased_traceidratio'],
    },
  ),
  otelTracesSamplerArg: kind.fraction({
    description: 'The fraction of traces that the samplers by ratio keep.',
    default: '1',
    examples: ['0.1'],
  }),
}
