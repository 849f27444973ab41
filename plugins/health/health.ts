import { shareAnswer } from './shared-answer.ts'

type CheckStatus = 'up' | 'degraded' | 'down'

/** What a check found. It is public: a `detail` names no host and no statement. */
export interface CheckResult {
  readonly status: CheckStatus
  /** State of the circuit breaker in front of the dependency: `closed`, `open` or `half-open`. */
  readonly circuit?: string
  /** Milliseconds the dependency took to answer. */
  readonly latencyMs?: number
  readonly detail?: string
}

interface HealthCheck {
  /** Without it nothing works: when it is down, the whole is unhealthy instead of degraded. */
  readonly critical: boolean
  /** Throwing means down; the error reaches the log only. */
  check(): CheckResult | Promise<CheckResult>
}

export interface HealthReport {
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  readonly checks: Readonly<Record<string, CheckResult & { readonly critical: boolean }>>
  readonly version: string
  readonly uptimeSeconds: number
}

export interface HealthSources {
  /** Of the running release. */
  readonly version: string
  /** By the name under which they stand in the report. */
  readonly checks: Readonly<Record<string, HealthCheck>>
  /** Null when traffic may come, else the reason why not, in words for everybody. */
  readiness(): string | null | Promise<string | null>
  /** Asked each time, shared with nobody: from one moment to the next no traffic may come. */
  isShuttingDown(): boolean
  /** Told about checks and readiness that threw, each once until its error changes. */
  onError?(error: Error): void
  /** Milliseconds a check may take before it counts as down. Default 1,000: the usual patience of a probe. */
  readonly timeoutMs?: number
  /** Milliseconds results are shared for. Default 1,000, so however many ask, each is checked once a second. */
  readonly shareMs?: number
}

export type Health = ReturnType<typeof createHealth>

/** What the process knows about itself, asked once for every listener that tells it. */
export function createHealth(sources: HealthSources) {
  const { timeoutMs = 1_000, shareMs = 1_000 } = sources
  const slow = `no answer within ${timeoutMs} ms`
  const complaints = new Map<string, string>()

  const complain = (what: string, cause: unknown) => {
    const text = String(cause)
    if (complaints.get(what) === text) return
    complaints.set(what, text)
    sources.onError?.(new Error(`The ${what} check failed`, { cause }))
  }

  const checks = Object.entries(sources.checks).map(([name, { critical, check }]) => ({
    name,
    critical,
    ask: shareAnswer<CheckResult>({
      timeoutMs,
      shareMs,
      ask: async () => {
        const result = await check()
        complaints.delete(name)
        return result
      },
      otherwise: (error) => {
        if (error === undefined) return { status: 'down', detail: slow }
        complain(name, error.cause)
        return { status: 'down', detail: 'the check failed' }
      },
    }),
  }))

  const askReadiness = shareAnswer<string | null>({
    timeoutMs,
    shareMs,
    ask: async () => {
      const reason = await sources.readiness()
      complaints.delete('readiness')
      return reason
    },
    otherwise: (error) => {
      if (error === undefined) return slow
      complain('readiness', error.cause)
      return 'the readiness check failed'
    },
  })

  return {
    /** Null when traffic may come, else why not. Never throws. */
    async unreadiness(): Promise<string | null> {
      if (sources.isShuttingDown()) return 'shutting down'
      const reason = await askReadiness()
      return sources.isShuttingDown() ? 'shutting down' : reason
    },

    /** Every check, and what they come to. Never throws. */
    async report(): Promise<HealthReport> {
      const entries = await Promise.all(
        checks.map(async ({ name, critical, ask }) => {
          const { status, ...rest } = await ask()
          return [name, { status, critical, ...rest }] as const
        }),
      )
      return {
        status: worst(entries.map(([, check]) => check)),
        checks: Object.fromEntries(entries),
        version: sources.version,
        uptimeSeconds: Math.floor(process.uptime()),
      }
    },
  }
}

function worst(checks: readonly (CheckResult & { critical: boolean })[]): HealthReport['status'] {
  if (checks.some(({ critical, status }) => critical && status === 'down')) return 'unhealthy'
  const sound = checks.every(({ status, circuit = 'closed' }) => status === 'up' && circuit === 'closed')
  return sound ? 'healthy' : 'degraded'
}
