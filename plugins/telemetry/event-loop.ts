import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'

export type EventLoop = ReturnType<typeof createEventLoop>

/** A reading tells of the last ten to twenty seconds: a scrape every fifteen misses next to nothing. */
const PERIOD_MS = 10_000
const RESOLUTION_MS = 10

/**
 * How late the event loop is, and how busy. Two measurements overlap and are begun anew in turn, so that whoever reads,
 * and however many do, sees whole periods and takes nothing from anybody else.
 */
export function createEventLoop() {
  let older = measure()
  let newer = measure()
  const timer = setInterval(() => {
    older.delay.disable()
    older = newer
    newer = measure()
  }, PERIOD_MS).unref()

  return {
    read() {
      // Its values are the intervals between two looks, which are the resolution when nothing is late.
      const p99Ms = older.delay.count === 0 ? 0 : older.delay.percentile(99) / 1e6 - RESOLUTION_MS
      return {
        delayP99Seconds: Math.max(0, p99Ms) / 1_000,
        /** The fraction, 0 to 1, of the time in which it was busy. */
        utilization: performance.eventLoopUtilization(older.utilization).utilization,
      }
    },

    close(): void {
      clearInterval(timer)
      older.delay.disable()
      newer.delay.disable()
    },
  }
}

function measure() {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const utilization: EventLoopUtilization = performance.eventLoopUtilization()
  return { delay, utilization }
}
