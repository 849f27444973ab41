import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { freePort } from '../../sandbox/postgres/free-port.ts'
import type { Bench } from '../bench.ts'
import { execute, PEOPLE } from '../database.ts'
import { startDependencies, startService, tokenOf } from '../service.ts'
import { SOLD_OUT } from './customer.ts'
import { checkSoak } from './invariants.ts'
import type { SoakPlan, SoakProgress } from './load-process.ts'
import { lookAt, type Sample } from './sample.ts'
import { type Judgement, judge, type Tenth, tenthAt, tenthsOf } from './verdict.ts'

export interface SoakOptions {
  requests: number
  clients: number
}

export interface SoakResult {
  progress: SoakProgress
  tenths: Tenth[]
  judgements: Judgement[]
}

const PROCESS = fileURLToPath(new URL('load-process.ts', import.meta.url))
const SAMPLE_EVERY_MS = 1_000

/**
 * The whole service, worker included, under requests as customers make them, while what it holds is looked at.
 *
 * @param databaseUrl of a shop that nothing was ordered in
 * @throws Error when something was lost on the way, or the load ended early
 */
export async function runSoak(
  bench: Bench,
  databaseUrl: string,
  { requests, clients }: SoakOptions,
): Promise<SoakResult> {
  await execute(databaseUrl, addSoldOut)
  const smtpPort = String(await freePort())
  const opsPort = String(await freePort())
  const dependencies = await startDependencies(bench, { SMTP_PORT: smtpPort })
  const service = await startService(bench, databaseUrl, dependencies.url, {
    ROLE: 'all',
    OPS_PORT: opsPort,
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
  })
  const sql = postgres(databaseUrl, { max: 1 })
  bench.after(() => sql.end())

  const samples: Sample[] = []
  let answered = 0
  const begun = performance.now()
  const look = async () => {
    const at = performance.now() - begun
    const requests = answered
    samples.push({ requests, at, ...(await lookAt(service.pid, `http://127.0.0.1:${opsPort}`, sql)) })
  }
  await look()
  const tokens = await Promise.all(Array.from({ length: PEOPLE }, (_, person) => tokenOf(person)))
  const load = startLoad({ url: service.url, clients, requests, tokens })
  let looking: Promise<void> = Promise.resolve()
  load.onProgress((progress) => {
    const another = tenthAt(answered, requests) !== tenthAt(progress.requests, requests)
    answered = progress.requests
    // So that no tenth is over before it was looked at.
    if (another) looking = looking.then(look)
  })
  const ended = new AbortController()
  const sampling = (async () => {
    while (!ended.signal.aborted) {
      await pause(SAMPLE_EVERY_MS, undefined, { signal: ended.signal }).catch(() => {})
      if (!ended.signal.aborted) await look()
    }
  })()
  const progress = await load.done.finally(() => ended.abort())
  await Promise.all([sampling, looking])

  const { answers } = progress
  await checkSoak(databaseUrl, dependencies.url, ordersIn(answers))
  const tenths = tenthsOf(samples, requests)
  return { progress, tenths, judgements: judge(tenths, requests) }
}

/** Every order is placed by one request and asked for again by another, with the same answer. */
const ordersIn = (answers: SoakProgress['answers']) =>
  ((answers['place 201'] ?? 0) + (answers['place 402'] ?? 0)) / 2

const addSoldOut = `
  insert into products (id, name, price, currency, stock) values ('${SOLD_OUT}', 'Nobody has it', 1000, 'USD', 0)`

function startLoad(plan: SoakPlan) {
  const child = fork(PROCESS, { execArgv: [] })
  const exit = once(child, 'exit')
  let last: SoakProgress | undefined
  let tell: (progress: SoakProgress) => void = () => {}
  child.on('message', (message) => {
    if (!isProgress(message)) return
    last = message
    tell(message)
  })
  child.send(plan)
  return {
    onProgress: (listener: typeof tell) => {
      tell = listener
    },
    done: exit.then(() => {
      if (last === undefined || !last.done) throw new Error('the load process failed')
      return last
    }),
  }
}

const isProgress = (message: unknown): message is SoakProgress =>
  typeof message === 'object' && message !== null && 'answers' in message
