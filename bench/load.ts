import type { Bench } from './bench.ts'
import type { Figure } from './contest.ts'
import { runLoadProcess } from './load/run-process.ts'
import type { ServerProcess } from './server-process.ts'

export interface LoadPlan {
  url: string
  /** Each has a connection of its own and one request under way on it. */
  clients: number
  seconds: number
  /** Whole requests as text, of which each client picks any. `UNIQUE` in one is another UUID each time. */
  requests: string[]
}

export interface LoadReport {
  perSecond: number
  p50: number
  p99: number
  answers: number
  /** How many answers had which status. */
  statuses: Record<string, number>
}

/** As long as what takes its place, so that a body keeps its length. */
export const UNIQUE = '00000000-0000-0000-0000-000000000000'

/** A request on the wire, for keep-alive. */
export function requestText(
  url: string,
  path: string,
  headers: Record<string, string>,
  body?: { method: string; text: string },
): string {
  const all = {
    host: new URL(url).host,
    ...headers,
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body.text)) }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${body?.method ?? 'GET'} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body?.text ?? ''}`
}

/**
 * Warms a server up, then measures it, from a process that does nothing else.
 *
 * @param expected the one status every answer must have
 * @throws Error when an answer had another status, or none came: such a figure measures something else
 */
export async function measureLoad(
  bench: Bench,
  server: ServerProcess,
  plan: Pick<LoadPlan, 'clients' | 'requests'>,
  expected: number,
): Promise<Figure & { answers: number }> {
  await load({ ...plan, url: server.url, seconds: bench.warmUpSeconds })
  const before = server.cpuMs()
  const report = await load({ ...plan, url: server.url, seconds: bench.seconds })
  const after = server.cpuMs()
  if (report.statuses[expected] !== report.answers || report.answers === 0) {
    throw new Error(`expected ${expected} only, got ${JSON.stringify(report.statuses)}`)
  }
  return {
    ...report,
    cpuMicroseconds:
      before === undefined || after === undefined ? undefined : ((after - before) * 1000) / report.answers,
  }
}

const load = (plan: LoadPlan): Promise<LoadReport> => runLoadProcess('process.ts', plan, isReport)

const isReport = (value: unknown): value is LoadReport =>
  typeof value === 'object' && value !== null && 'perSecond' in value
