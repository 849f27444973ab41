/**
 * What `/stats` and `/events` say.
 *
 * @typedef {{ at: string, requests: number, errors: number, avg: number | null, p50: number | null,
 *   p95: number | null, p99: number | null }} Minute
 * @typedef {{ name: string, state: string, failures: number, successes: number, rejects: number, timeouts: number,
 *   openSince?: string, history: { at: string, state: string }[] }} Circuit
 * @typedef {{ name: string, waiting: number, active: number, delayed: number, dead: number,
 *   oldestSeconds: number | null }} Queue
 * @typedef {{ status: string, critical: boolean, circuit?: string, latencyMs?: number, detail?: string }} Check
 * @typedef {{
 *   instance: string, version: string, at: string, uptimeSeconds: number, windowSeconds: number,
 *   requests: number, errorRate: number,
 *   responseTimeMs: { avg: number | null, p50: number | null, p95: number | null, p99: number | null },
 *   series: Minute[], circuits: Circuit[], queues: Queue[], deadLetters: number, orders: Record<string, number>,
 *   health: { status: string, checks: Record<string, Check> },
 *   process: { eventLoopDelayP99Ms: number, eventLoopUtilization: number, heapUsedBytes: number, rssBytes: number },
 *   pool: { size: number, used: number, idle: number, waiting: number },
 * }} Stats
 */
export {}
