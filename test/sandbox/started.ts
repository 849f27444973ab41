import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { COMPILE_CACHE } from '../support/service.ts'

const START = fileURLToPath(new URL('../../sandbox/start.ts', import.meta.url))

const ANY_PORT = {
  PORT: '0',
  OPS_PORT: '0',
  SANDBOX_PORT: '0',
  SANDBOX_SMTP_PORT: '0',
  SANDBOX_STOREFRONT_PORT: '0',
}

/** A directory for the state of `npm start`. After the test its starts are ended, and then it is removed. */
export async function place(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-start-'))
  const started: ReturnType<typeof run>[] = []
  t.after(async () => {
    for (const one of started) one.kill('SIGTERM')
    await Promise.all(started.map((one) => one.exit))
    await rm(directory, { recursive: true, force: true })
  })
  return {
    directory,
    /** Runs what `npm start` runs, in an environment that holds nothing but `env`, all ports free ones. */
    start(env: Record<string, string> = {}) {
      const one = run({ SANDBOX_DIRECTORY: directory, ...ANY_PORT, ...env })
      started.push(one)
      return one
    },
  }
}

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', COMPILE_CACHE, START], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const hear = (chunk: unknown) => {
    said += chunk
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const exit = once(child, 'close').then(([code, signal]) => ({ code, signal }))
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    exit,
    said: () => said,
    /** Resolves with all it said once it said `text`; rejects when it ends without. */
    async until(text: string): Promise<string> {
      const deadline = Date.now() + 30_000
      while (!said.includes(text)) {
        if (child.exitCode !== null || Date.now() > deadline)
          throw new Error(`never said "${text}":\n${said}`)
        await pause(20)
      }
      return said
    },
  }
}
