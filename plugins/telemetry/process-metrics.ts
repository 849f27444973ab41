import { memoryUsage } from '../memory-usage.ts'
import type { EventLoop } from './event-loop.ts'
import type { Metrics } from './metrics.ts'

/** The process itself, by the names that prom-client gives. */
export function addProcessMetrics({ counter, gauge }: Metrics, eventLoop: EventLoop): void {
  counter('process_cpu_seconds_total', 'Processor time, of user and system.', [], () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge('process_resident_memory_bytes', 'Memory of the process.', [], () => memoryUsage().rss)
  gauge('nodejs_heap_size_used_bytes', 'Memory in use on the heap.', [], () => memoryUsage().heapUsed)
  gauge('process_start_time_seconds', 'When the process began, in seconds since the epoch.', [], () => {
    return performance.timeOrigin / 1_000
  })
  gauge(
    'nodejs_eventloop_delay_p99_seconds',
    'How late the event loop was over the last ten to twenty seconds.',
    [],
    () => eventLoop.read().delayP99Seconds,
  )
  gauge(
    'nodejs_eventloop_utilization_ratio',
    'Fraction of the last ten to twenty seconds in which the event loop was busy.',
    [],
    () => eventLoop.read().utilization,
  )
}
