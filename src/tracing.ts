import { hostname } from 'node:os'
import type { FastifyBaseLogger } from 'fastify'
import { startOpenTelemetry, type Tracer } from '#plugins/tracing.ts'
import packageJson from '../package.json' with { type: 'json' }
import type { Config } from './config.ts'

/** @returns what begins traces; undefined unless the configuration asks for them, and then no library is loaded either */
export async function startTracing(config: Config, log: FastifyBaseLogger): Promise<Tracer | undefined> {
  const url = collectorOf(config)
  if (url === undefined) return undefined
  log.info('traces are sent by OTLP')
  return await startOpenTelemetry({
    url,
    sampler: config.otelTracesSampler,
    samplerRatio: Number(config.otelTracesSamplerArg),
    resource: {
      'service.name': 'holdfast',
      'service.version': packageJson.version,
      'service.instance.id': `${hostname()}-${process.pid}`,
      ...attributesOf(config.otelResourceAttributes ?? ''),
      // By the specification it goes before one among the attributes.
      ...(config.otelServiceName && { 'service.name': config.otelServiceName }),
    },
    log,
  })
}

function collectorOf(config: Config): string | undefined {
  if (config.otelSdkDisabled || config.otelTracesExporter === 'none') return undefined
  const { otelExporterOtlpEndpoint: base, otelExporterOtlpTracesEndpoint: exact } = config
  return exact ?? (base === undefined ? undefined : `${base}/v1/traces`)
}

function attributesOf(pairs: string): Record<string, string> {
  return Object.fromEntries(
    pairs.split(',').flatMap((pair) => {
      const [, name = '', value = ''] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
      return name === '' ? [] : [[name, decodeURIComponent(value)] as const]
    }),
  )
}
