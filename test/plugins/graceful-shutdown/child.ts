import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { COMPILE_CACHE } from '../../support/service.ts'

export interface Line {
  msg: string
  level: number
  [member: string]: unknown
}

/** The service in a process of its own, killed when the test ends; its log is read as it is written. */
export async function startChild(t: TestContext, settings: Record<string, unknown>) {
  const path = new URL('service.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', COMPILE_CACHE, path, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // Not its exit alone: the last of its log may be read after that.
  const exited = once(child, 'close').then(([code]) => Number(code))
  t.after(async () => {
    child.kill('SIGKILL')
    await exited
  })

  const lines: Line[] = []
  createInterface(child.stdout).on('line', (text) => lines.push(JSON.parse(text)))
  const logged = async (msg: string): Promise<Line> => {
    const line = await until(() => lines.find((each) => each.msg === msg))
    return line
  }
  const { url } = await logged('listening')
  assert.ok(typeof url === 'string')
  const startedAt = { signal: 0 }
  return {
    url,
    port: Number(new URL(url).port),
    lines,
    logged,
    exited,
    signal(name: NodeJS.Signals) {
      startedAt.signal = performance.now()
      child.kill(name)
    },
    sinceSignal: () => performance.now() - startedAt.signal,
  }
}

/** Polls until there is a value. A process may take long to start on a machine that does much else. */
export async function until<T>(look: () => T | undefined, deadlineMs = 60_000): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const value = look()
    if (value !== undefined) return value
    assert.ok(performance.now() < end, 'it did not come to pass in time')
    await wait(5)
  }
}

/** A GET on an agent's connection, with the header that says what becomes of it. */
export async function ask(url: string, agent: Agent = new Agent()) {
  const request = get(url, { agent })
  const [response] = await once(request, 'response')
  const chunks: unknown[] = []
  for await (const chunk of response) chunks.push(chunk)
  return {
    status: Number(response.statusCode),
    connection: String(response.headers.connection),
    body: chunks.join(''),
  }
}

/** A GET whose last bytes are only sent when it is told to finish; gives the raw answer. */
export async function beginAsking(port: number, path: string) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n`)
  return async (): Promise<string> => {
    const chunks: unknown[] = []
    socket.on('data', (chunk) => chunks.push(chunk)).write('\r\n')
    await once(socket, 'close')
    return chunks.join('')
  }
}
