import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Lifetime } from './postgres.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** As every command of the project has it; without, each start compiles everything anew. */
export const COMPILE_CACHE = fileURLToPath(new URL('../../src/compile-cache.js', import.meta.url))

/** At least the 32 bytes a signing secret must have. */
export const SECRET = 'a-secret-that-only-tests-ever-use'

/**
 * For tests in which the warehouse's answer is waited for: past its usual second an order goes on without, and on a busy
 * machine that second may pass before anybody was asked.
 */
export const PATIENT_WITH_WAREHOUSE = { INVENTORY_DEADLINE_MS: '5000' }

export interface ServiceProcess {
  api: string
  operations: string
  /** Every line it logged, parsed. */
  logs: Record<string, unknown>[]
  process: ChildProcess
  /** Kills it as a crash would: no handler runs. Resolves when it is gone. */
  kill(): Promise<void>
  /** Ends it as Kubernetes would; resolves with the exit code. */
  stop(): Promise<number | null>
}

export interface ServiceParts {
  databaseUrl: string
  paymentUrl: string
  inventoryUrl: string
  /** Nothing listens there unless a test says so: mail waits in its queue. */
  smtpUrl?: string
  /** Another release's `src/main.ts`. */
  main?: string
  /** How many descriptors it may have open; as many as the test if left out. */
  openFiles?: number
}

/** Nothing listens there: no database, no dependencies. */
export const nobodyThere: ServiceParts = {
  databaseUrl: 'postgres://nobody@127.0.0.1:9/none',
  paymentUrl: 'http://127.0.0.1:9',
  inventoryUrl: 'http://127.0.0.1:9',
}

/** Begins what `npm run serve` does, a process of its own, with a pipe or a descriptor for its log. */
export function spawnService(
  stdout: 'pipe' | number,
  {
    databaseUrl,
    paymentUrl,
    inventoryUrl,
    smtpUrl = 'smtp://127.0.0.1:9',
    main = MAIN,
    openFiles,
  }: ServiceParts,
  env: Record<string, string> = {},
): ChildProcess {
  const node = ['--import', COMPILE_CACHE, main]
  const [command, args] =
    openFiles === undefined
      ? [process.execPath, node]
      : ['sh', ['-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, process.execPath, ...node]]
  return spawn(command, args, {
    stdio: ['ignore', stdout, 'inherit'],
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      OPS_PORT: '0',
      DATABASE_URL: databaseUrl,
      AUTH_JWT_SECRET: SECRET,
      PAYMENT_URL: paymentUrl,
      PAYMENT_API_KEY: 'sk_test_fake',
      INVENTORY_URL: inventoryUrl,
      SMTP_URL: smtpUrl,
      EMAIL_FROM: 'orders@shop.test',
      RATE_LIMIT_MAX: '1000000',
      DRAIN_SECONDS: '0',
      ...env,
    },
  })
}

/** Starts the service on free ports, and waits until it listens. It is ended with the test at the latest. */
export async function startService(
  lifetime: Lifetime,
  parts: ServiceParts,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const child = spawnService('pipe', parts, env)
  const { stdout } = child
  if (stdout === null) throw new Error('its log is a pipe')
  const gone = once(child, 'exit')
  const logs: Record<string, unknown>[] = []
  const addresses = new Map<string, string>()
  const listening = new Promise<void>((resolve, reject) => {
    const wanted = env.ROLE === 'worker' ? 1 : 2
    createInterface({ input: stdout }).on('line', (line) => {
      const entry = JSON.parse(line)
      logs.push(entry)
      const [, listener, address] = /^(api|operations) listens at (\S+)$/.exec(entry.msg) ?? []
      if (listener !== undefined && address !== undefined) addresses.set(listener, address)
      if (addresses.size === wanted) resolve()
    })
    gone.then(() => reject(new Error(`the service ended before it listened: ${JSON.stringify(logs.at(-1))}`)))
  })
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await gone
  }
  lifetime.after(kill)
  await listening
  return {
    api: addresses.get('api') ?? '',
    operations: addresses.get('operations') ?? '',
    logs,
    process: child,
    kill,
    async stop() {
      child.kill('SIGTERM')
      await gone
      return child.exitCode
    },
  }
}
