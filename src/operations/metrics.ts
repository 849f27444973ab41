import type { Shutdown } from '#plugins/graceful-shutdown.ts'
import { addProcessMetrics, by, createMetrics, type EventLoop, type Metrics } from '#plugins/telemetry.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { QUEUES } from '../jobs/queues.ts'
import type { Readings } from './readings.ts'
import type { StatsParts } from './stats.ts'

export interface MetricsSources {
  readings: Readings
  eventLoop: EventLoop
  shutdown: Shutdown
  /** Requests that the public API is answering now. */
  activeRequests: () => number
}

const CIRCUIT_STATES = ['closed', 'open', 'half-open']

/** Everything that is counted and measured, for Prometheus; docs/operations.md says what each of them tells. */
export function createServiceMetrics(parts: StatsParts, sources: MetricsSources): Metrics {
  const metrics = createMetrics(parts.telemetry.durations)
  aboutRequests(metrics, parts, sources)
  aboutOrders(metrics, parts)
  aboutDependencies(metrics, parts)
  aboutQueues(metrics, parts, sources)
  aboutDatabase(metrics, parts)
  addProcessMetrics(metrics, sources.eventLoop)
  metrics.counter('holdfast_faults_total', 'Exceptions and rejections that nobody caught.', ['kind'], () =>
    by('kind', sources.shutdown.faults()),
  )
  metrics.gauge('holdfast_build_info', 'Always 1; the label is the release.', ['version'], () =>
    by('version', { [packageJson.version]: 1 }),
  )
  return metrics
}

function aboutRequests(
  { counter, gauge }: Metrics,
  { telemetry }: StatsParts,
  { activeRequests }: MetricsSources,
): void {
  gauge('http_server_active_requests', 'Requests that the public API is answering.', [], activeRequests)
  counter('holdfast_requests_shed_total', "Refused as overloaded, by the route's stage.", ['stage'], () =>
    by('stage', telemetry.shed),
  )
  counter('holdfast_rate_limited_total', 'Refused for their rate.', [], () => telemetry.rateLimited)
  counter(
    'holdfast_connections_refused_total',
    'Closed at once: as many were open as may be.',
    ['listener'],
    () => by('listener', telemetry.connectionsRefused),
  )
}

function aboutOrders({ counter }: Metrics, { telemetry }: StatsParts): void {
  counter('holdfast_orders_total', 'Orders by what they came to.', ['outcome'], () =>
    by('outcome', telemetry.orders),
  )
  counter('holdfast_idempotency_total', 'Keys by what they were found to be.', ['result'], () =>
    by('result', telemetry.keys),
  )
}

function aboutDependencies({ counter, gauge }: Metrics, { callPolicies }: StatsParts): void {
  const snapshots = () => callPolicies.map((policy) => policy.snapshot())
  counter(
    'holdfast_dependency_calls_total',
    'Whole calls, retries inside, by how they ended.',
    ['dependency', 'outcome'],
    () =>
      snapshots().flatMap(({ name, successes, failures, timeouts, rejects }) => [
        [{ dependency: name, outcome: 'success' }, successes] as const,
        [{ dependency: name, outcome: 'failure' }, failures - timeouts] as const,
        [{ dependency: name, outcome: 'timeout' }, timeouts] as const,
        [{ dependency: name, outcome: 'rejected' }, rejects] as const,
      ]),
  )
  counter('holdfast_dependency_retries_total', 'Attempts beyond the first.', ['dependency'], () =>
    snapshots().map(({ name, retries }) => [{ dependency: name }, retries] as const),
  )
  gauge('holdfast_circuit_state', '1 for the state of the circuit, else 0.', ['dependency', 'state'], () =>
    snapshots().flatMap(({ name, state }) =>
      CIRCUIT_STATES.map((one) => [{ dependency: name, state: one }, one === state ? 1 : 0] as const),
    ),
  )
}

function aboutQueues(
  { counter, gauge }: Metrics,
  { telemetry }: StatsParts,
  { readings }: MetricsSources,
): void {
  gauge('holdfast_queue_jobs', 'Jobs, of all instances.', ['queue', 'state'], async () =>
    (await readings.queues()).flatMap(({ name, waiting, active, delayed }) => [
      [{ queue: name, state: 'waiting' }, waiting] as const,
      [{ queue: name, state: 'active' }, active] as const,
      [{ queue: name, state: 'delayed' }, delayed] as const,
    ]),
  )
  gauge(
    'holdfast_queue_oldest_seconds',
    'Since the oldest job that is not done was enqueued; 0 where all are done.',
    ['queue'],
    async () => (await readings.queues()).map((one) => [{ queue: one.name }, one.oldestSeconds] as const),
  )
  gauge(
    'holdfast_queue_overdue_seconds',
    'How long the job that is due longest has not been taken; 0 where none is due.',
    ['queue'],
    async () => (await readings.queues()).map((one) => [{ queue: one.name }, one.overdueSeconds] as const),
  )
  gauge('holdfast_dead_letters', 'Failed for good, waiting for a decision.', ['queue'], async () =>
    (await readings.queues()).map(({ name, dead }) => [{ queue: name }, dead] as const),
  )
  counter(
    'holdfast_dead_letters_total',
    'Failed for good. Each is counted once, by the process that told of it.',
    ['queue'],
    () => QUEUES.map((queue) => [{ queue }, telemetry.dead.get(queue) ?? 0] as const),
  )
}

function aboutDatabase({ counter, gauge }: Metrics, { database }: StatsParts): void {
  gauge('db_client_connection_count', 'Connections that this process may use.', ['state'], () => {
    const { size, busy } = database.pool()
    return by('state', { used: busy, idle: size - busy })
  })
  gauge('db_client_connection_max', 'Connections that this process may use at once.', [], () => {
    return database.pool().size
  })
  gauge('db_client_connection_pending_requests', 'Statements that wait for a connection.', [], () => {
    return database.pool().waiting
  })
  counter(
    'db_client_connection_timeouts_total',
    'Statements refused because no connection was free in time.',
    [],
    () => database.pool().refused,
  )
}
