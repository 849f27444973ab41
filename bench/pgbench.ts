import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from './bench.ts'
import { type Figure, quantile } from './contest.ts'

const run = promisify(execFile)
const SCRIPT = fileURLToPath(new URL('peers/place-and-settle.sql', import.meta.url))

/** Whoever has no pgbench skips the row. */
export const NO_PGBENCH = 'skipped: there is no pgbench in PATH or /usr/lib/postgresql/*/bin'

/** @returns where pgbench is, the newest first; the embedded server comes without it */
export async function findPgbench(): Promise<string | undefined> {
  const inPath = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'pgbench'))
  const installed = await Array.fromAsync(glob('/usr/lib/postgresql/*/bin/pgbench'))
  return [...installed.sort().reverse(), ...inPath].find(existsSync)
}

export interface PgbenchPlan {
  program: string
  url: string
  clients: number
  /** The first so many of the products are bought. */
  products: number
}

/**
 * Places and settles orders, one at a time for each client: the service's two statements with nothing around them.
 *
 * @returns also how many it made, warm-up included, for the check of what it left behind
 */
export async function measurePgbench(
  bench: Bench,
  plan: PgbenchPlan,
): Promise<Figure & { transactions: number }> {
  const warmUp = await once(bench, plan, bench.warmUpSeconds)
  const measured = await once(bench, plan, bench.seconds)
  return { ...measured, transactions: warmUp.transactions + measured.transactions }
}

async function once(bench: Bench, { program, url, clients, products }: PgbenchPlan, seconds: number) {
  const log = join(bench.directory, `pgbench-${randomUUID()}`)
  const { stdout } = await run(program, [
    ...['--no-vacuum', '--protocol=prepared', `--file=${SCRIPT}`, `--define=products=${products}`],
    ...[`--client=${clients}`, `--jobs=${Math.min(clients, 2)}`, `--time=${seconds}`],
    // Every transaction writes a line; a tenth of them is enough for a p99.
    ...['--log', `--log-prefix=${log}`, `--sampling-rate=${clients === 1 ? 1 : 0.1}`],
    url,
  ])
  const latencies = await readLatencies(log)
  return {
    perSecond: numberIn(stdout, /^tps = ([\d.]+)/m),
    transactions: numberIn(stdout, /transactions actually processed: (\d+)/),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

/** A line is: client, transaction, microseconds, script, and when. */
async function readLatencies(prefix: string): Promise<number[]> {
  const files = await Array.fromAsync(glob(`${prefix}*`))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => Number(line.split(' ')[2]) / 1000)
}

function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`pgbench said nothing of ${pattern}:\n${text}`)
  return Number(found)
}
