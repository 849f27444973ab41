import { Counter, Gauge, Registry } from 'prom-client'
import type { RequestDurations } from './request-durations.ts'

/** The values of a metric now, each with its labels; or its one value, without any. */
type Values<Label extends string> = number | Iterable<readonly [Readonly<Record<Label, string>>, number]>

type Read<Label extends string> = () => Values<Label> | Promise<Values<Label>>

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Metrics that are looked up when somebody asks for them, so that counting costs those who count an addition, and between
 * two scrapes nothing is done at all.
 */
export function createMetrics(durations: RequestDurations) {
  const registry = new Registry()

  return {
    /** What is looked up must not go down while the process lives. `help` says what it tells, and its unit. */
    counter<Label extends string>(
      name: string,
      help: string,
      labels: readonly Label[],
      read: Read<Label>,
    ): void {
      const metric: Counter<Label> = new Counter<Label>({
        name,
        help,
        labelNames: labels,
        registers: [registry],
        collect: () => lookUp(metric, read),
      })
    },

    gauge<Label extends string>(
      name: string,
      help: string,
      labels: readonly Label[],
      read: Read<Label>,
    ): void {
      const metric: Gauge<Label> = new Gauge<Label>({
        name,
        help,
        labelNames: labels,
        registers: [registry],
        collect: () => lookUp(metric, read),
      })
    },

    contentType: registry.contentType,

    /** In Prometheus' text format. Throws what a metric throws that is looked up. */
    render: async (): Promise<string> => durations.render() + (await registry.metrics()),
  }
}

async function lookUp<Label extends string>(metric: Counter<Label> | Gauge<Label>, read: Read<Label>) {
  const values = await read()
  metric.reset()
  if (typeof values === 'number') metric.inc(values)
  else for (const [labelled, value] of values) metric.inc(labelled, value)
}

/** The members of an object as the values of one label. */
export function by<Label extends string>(label: Label, values: Readonly<Record<string, number>>) {
  return Object.entries(values).map(([value, count]) => [labelled(label, value), count] as const)
}

function labelled<Label extends string>(label: Label, value: string): Record<Label, string>
function labelled(label: string, value: string): Record<string, string> {
  return { [label]: value }
}
