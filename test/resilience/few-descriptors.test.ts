import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { platform } from 'node:process'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { nobodyThere, startService } from '../support/service.ts'
import { eventually } from '../support/shop.ts'

const onLinux = { skip: platform === 'linux' ? false : 'the limit of a process is read as Linux tells it' }
/** The three eighths of these that are no connections' are taken before the first client comes. */
const FEWER_THAN_IT_NEEDS = 48
/** Longer than two of the samples that a process takes of itself, each by a file. */
const SAMPLES_MS = 2_500

test('More connections than a process may have are refused, and nobody else notices', onLinux, async (t) => {
  const { api, operations, logs, process } = await startService(t, { ...nobodyThere, openFiles: 160 })
  const before = await open(t, api)
  assert.match(await ask(before), /^HTTP\/1.1 200/)

  const strangers = await crowd(t, api, 240)
  await eventually('the last of them to be refused', () => strangers.filter(isOpen).length === 79)
  await sleep(SAMPLES_MS)
  assert.equal(process.exitCode, null)
  assert.match(await ask(before), /^HTTP\/1.1 200/)
  assert.equal((await fetch(`${operations}/livez`)).status, 200)
  const metrics = await (await fetch(`${operations}/metrics`)).text()
  assert.match(metrics, /^holdfast_connections_refused_total\{listener="api"\} 161$/m)
  assert.match(metrics, /^holdfast_connections_refused_total\{listener="operations"\} 0$/m)
  const said = logs.filter(({ msg }) => msg === 'connections are refused: as many are open as may be')
  assert.deepEqual(
    said.map(({ level, limit }) => [level, limit]),
    [['warn', 80]],
  )

  for (const one of strangers) one.destroy()
  await eventually('a new one to be served', () => isServed(api))
})

test(
  'A process that has no descriptor left lives, serves those who are connected, and goes on as before',
  onLinux,
  async (t) => {
    const { api, operations, process } = await startService(t, {
      ...nobodyThere,
      openFiles: FEWER_THAN_IT_NEEDS,
    })
    const asked: [string, string][] = [
      [api, '/livez'],
      [operations, '/livez'],
      [operations, '/stats'],
      [operations, '/metrics'],
    ]
    const before = await Promise.all(asked.map(async ([url, path]) => ({ socket: await open(t, url), path })))

    const strangers = [...(await crowd(t, api, 100)), ...(await crowd(t, operations, 100))]
    await sleep(SAMPLES_MS)
    const most = Math.floor(FEWER_THAN_IT_NEEDS / 2) + Math.floor(FEWER_THAN_IT_NEEDS / 8)
    assert.ok(
      before.length + strangers.filter(isOpen).length < most,
      'the limits of connections were reached first',
    )
    assert.equal(process.exitCode, null)
    for (const { socket, path } of before) assert.match(await ask(socket, path), /^HTTP\/1.1 200/)

    for (const one of strangers) one.destroy()
    await eventually('a new one to be served', () => isServed(api))
  },
)

async function open(t: TestContext, url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Connections that say nothing. */
const crowd = (t: TestContext, url: string, size: number) =>
  Promise.all(Array.from({ length: size }, () => open(t, url)))

const isOpen = (socket: Socket) => socket.readyState === 'open'

/** @returns what comes first of an answer, on a connection that is kept */
async function ask(socket: Socket, path = '/livez'): Promise<string> {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })
  return String(answer)
}

const isServed = (api: string): Promise<boolean> =>
  fetch(`${api}/livez`).then(
    ({ ok }) => ok,
    () => false,
  )
