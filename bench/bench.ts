import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contest } from './contest.ts'

/** What a row is measured with, and where it leaves what has to be ended. */
export interface Bench {
  /** Of the measured part of a run. */
  seconds: number
  /** Of the part before it: compilers, caches and pools are as they are after a minute of service. */
  warmUpSeconds: number
  /** As many as a shop has that has grown. */
  orders: number
  /** Where the service writes processor profiles, if they are wanted. */
  profileDirectory: string | undefined
  /** For the database and for logs of runs; gone with the bench. */
  directory: string
  after: (cleanUp: () => Promise<unknown>) => void
}

/** Several rows may share a name, by which they are asked for. */
export interface Row {
  name: string
  /** A sentence instead of a contest says why this machine cannot hold it. */
  prepare: (bench: Bench) => Promise<Contest | Contest[] | string>
}

export type BenchOptions = Pick<Bench, 'seconds' | 'warmUpSeconds' | 'orders' | 'profileDirectory'>

/** Runs `work`, then ends everything that was left to `after`, the latest first. */
export async function withBench<T>(options: BenchOptions, work: (bench: Bench) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
  return await withScope({ ...options, directory, after: () => {} }, work).finally(() =>
    rm(directory, { recursive: true, force: true }),
  )
}

/** The same bench for a shorter while: what is left to it is ended when `work` is done. */
export async function withScope<T>(bench: Bench, work: (bench: Bench) => Promise<T>): Promise<T> {
  const cleanUps: (() => Promise<unknown>)[] = []
  try {
    return await work({ ...bench, after: (cleanUp) => cleanUps.unshift(cleanUp) })
  } finally {
    for (const cleanUp of cleanUps) await cleanUp()
  }
}
