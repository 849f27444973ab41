import { hostname } from 'node:os'
import { keepStateHistory, type StateChange } from '#plugins/circuit-breakers/state-history.ts'
import type { HealthReport } from '#plugins/health.ts'
import { memoryUsage } from '#plugins/memory-usage.ts'
import type { StatisticsReport } from '#plugins/statistics.ts'
import type { EventLoop } from '#plugins/telemetry.ts'
import packageJson from '../../package.json' with { type: 'json' }
import type { QueueDepth } from '../jobs/queue-store.ts'
import type { OrdersByStatus } from '../orders/status-store.ts'
import type { Parts } from '../parts.ts'
import type { Readings } from './readings.ts'

/** What `GET /stats` answers, and what each event of `GET /events` says. Times are RFC 3339, or in the unit of their name. */
export interface Stats extends StatisticsReport {
  /** This process among others: its host's name and its id. */
  instance: string
  version: string
  at: string
  uptimeSeconds: number
  circuits: Circuit[]
  queues: QueueDepth[]
  /** Over all queues. */
  deadLetters: number
  /** All there are, not those of the last hour. */
  orders: OrdersByStatus
  health: Pick<HealthReport, 'status' | 'checks'>
  process: {
    eventLoopDelayP99Ms: number
    /** 0 to 1. */
    eventLoopUtilization: number
    heapUsedBytes: number
    rssBytes: number
  }
  /** Connections to the database that this process may have. */
  pool: { size: number; used: number; idle: number; waiting: number }
}

interface Circuit {
  name: string
  state: string
  /** Calls since the process began. */
  failures: number
  successes: number
  rejects: number
  timeouts: number
  openSince?: string
  /** The last hour's, oldest first, at most 50. */
  history: StateChange[]
}

export type StatsParts = Pick<Parts, 'callPolicies' | 'database' | 'telemetry'>

/**
 * @returns what makes the statistics of this moment. It never throws and takes less than half a second: what the database
 *   cannot be asked for stands as it was read last, or as zero, and `health` says that it is away
 */
export function createStats(parts: StatsParts, readings: Readings, eventLoop: EventLoop) {
  const instance = `${hostname()}-${process.pid}`
  const circuits = parts.callPolicies.map((policy) => ({ policy, history: keepStateHistory(policy) }))

  return async (): Promise<Stats> => {
    const [queues, orders, { status, checks }] = await Promise.all([
      readings.queues(),
      readings.orders(),
      readings.health(),
    ])
    const { delayP99Seconds, utilization } = eventLoop.read()
    const { heapUsed, rss } = memoryUsage()
    const { size, busy, waiting } = parts.database.pool()
    return {
      instance,
      version: packageJson.version,
      at: new Date().toISOString(),
      uptimeSeconds: Math.floor(process.uptime()),
      ...parts.telemetry.statistics.read(),
      circuits: circuits.map(({ policy, history }) => {
        const { name, state, failures, successes, rejects, timeouts, openSince } = policy.snapshot()
        const since = openSince === undefined ? {} : { openSince }
        return { name, state, failures, successes, rejects, timeouts, ...since, history: history() }
      }),
      queues,
      deadLetters: queues.reduce((sum, { dead }) => sum + dead, 0),
      orders,
      health: { status, checks },
      process: {
        eventLoopDelayP99Ms: Math.round(delayP99Seconds * 1e6) / 1e3,
        eventLoopUtilization: Math.round(utilization * 1e4) / 1e4,
        heapUsedBytes: heapUsed,
        rssBytes: rss,
      },
      pool: { size, used: busy, idle: size - busy, waiting },
    }
  }
}
