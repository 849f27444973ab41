/** Counts the answers to one method on one route. */
export interface RouteRecorder {
  record(status: number, milliseconds: number): void
}

export type RequestDurations = ReturnType<typeof createRequestDurations>

const NAME = 'http_server_request_duration_seconds'
/** OpenTelemetry's bounds for this metric, in seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** RFC 9110 section 9 and RFC 5789. OpenTelemetry gives all others one name, or clients could make up any number. */
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])
const OTHER_METHOD = '_OTHER'

interface Series {
  /** As text: what stands between the braces. */
  labels: string
  /** By bound, not summed up; the last one is all beyond. */
  counts: number[]
  seconds: number
}

/**
 * The histogram of answers by route, method and status. prom-client would find the series of each observation by
 * making a text of its labels; here whoever answers a route holds its series, and an observation is an addition.
 */
export function createRequestDurations() {
  const recorders = new Map<string, RouteRecorder>()
  const all: Series[] = []

  function newRecorder(method: string, route: string): RouteRecorder {
    const byStatus = new Map<number, Series>()
    const begin = (status: number): Series => {
      const series = {
        labels: `http_request_method="${method}",http_route="${escaped(route)}",http_response_status_code="${status}"`,
        counts: Array<number>(BOUNDS.length + 1).fill(0),
        seconds: 0,
      }
      byStatus.set(status, series)
      all.push(series)
      return series
    }
    return {
      record(status, milliseconds) {
        const series = byStatus.get(status) ?? begin(status)
        const seconds = milliseconds / 1_000
        const bucket = bucketOf(seconds)
        series.seconds += seconds
        series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
      },
    }
  }

  return {
    /**
     * @param route a pattern (`/orders/:id`), never a path: there must be no more of them than the source has
     */
    recorder(method: string, route: string): RouteRecorder {
      const known = METHODS.has(method) ? method : OTHER_METHOD
      const key = `${known} ${route}`
      const recorder = recorders.get(key) ?? newRecorder(known, route)
      recorders.set(key, recorder)
      return recorder
    },

    /** In Prometheus' text format, ending with a line break. */
    render(): string {
      const head = [
        `# HELP ${NAME} Time from a request to the end of its answer, probes left out.`,
        `# TYPE ${NAME} histogram`,
      ]
      return [...head, ...all.flatMap(linesOf), ''].join('\n')
    },
  }
}

function bucketOf(seconds: number): number {
  let index = 0
  while (seconds > (BOUNDS[index] ?? Number.POSITIVE_INFINITY)) index++
  return index
}

function linesOf({ labels, counts, seconds }: Series): string[] {
  let sum = 0
  const buckets = counts.map((count, index) => {
    sum += count
    return `${NAME}_bucket{${labels},le="${BOUNDS[index] ?? '+Inf'}"} ${sum}`
  })
  return [...buckets, `${NAME}_sum{${labels}} ${seconds}`, `${NAME}_count{${labels}} ${sum}`]
}

/** As the text format has it for the value of a label. */
const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
