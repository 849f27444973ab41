import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sendRaw } from '../support/raw-http.ts'
import { ask, beginAsking, startChild, until } from './graceful-shutdown/child.ts'
import { startService } from './graceful-shutdown/in-process.ts'

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} on an idle service closes the steps in order and exits 0`, async (t) => {
    const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 10 })
    child.signal(signal)
    assert.equal(await child.exited, 0)
    assert.equal((await child.logged('shutting down')).reason, signal)
    const closed = child.lines.filter(({ closing }) => closing !== undefined)
    assert.deepEqual(
      closed.map(({ closing }) => closing),
      ['jobs', 'database'],
    )
  })
}

test('while draining it is unready, alive, and serves, and every answer ends its connection', async (t) => {
  const child = await startChild(t, { drainSeconds: 300, shutdownSeconds: 600 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  assert.equal((await ask(`${child.url}/fast`, agent)).connection, 'keep-alive')
  child.signal('SIGTERM')
  await child.logged('shutting down')

  const ready = await ask(`${child.url}/readyz`, agent)
  assert.equal(ready.status, 503)
  assert.deepEqual(JSON.parse(ready.body), { status: 'unready', reason: 'shutting down' })
  const answers = await Promise.all(
    ['/livez', '/fast', '/fast'].map((path) => ask(`${child.url}${path}`, agent)),
  )
  for (const { status, connection } of [ready, ...answers]) assert.equal(connection, 'close', String(status))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
})

test('it drains for as long as it was told', async (t) => {
  const child = await startChild(t, { drainSeconds: 1, shutdownSeconds: 30 })
  child.signal('SIGTERM')
  assert.equal(await child.exited, 0)
  assert.ok(child.sinceSignal() >= 1_000)
})

test('while draining, the answer to an expectation ends its connection too', async (t) => {
  const child = await startChild(t, { drainSeconds: 300, shutdownSeconds: 600 })
  child.signal('SIGTERM')
  await child.logged('shutting down')
  const request = 'GET /livez HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n'
  const answer = await sendRaw(child.port, request, 60_000)
  assert.match(answer, /^HTTP\/1.1 200 /)
  assert.match(answer, /^connection: close\r\n/im)
})

test('clients behind a balancer that asks whether it is ready see no failed request', async (t) => {
  const child = await startChild(t, { drainSeconds: 300, shutdownSeconds: 600 })
  const statuses: number[] = []
  let unready = false
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    while (!unready) statuses.push((await ask(`${child.url}/fast`, agent)).status)
  }
  const balancer = async () => {
    while (!unready) {
      unready = (await ask(`${child.url}/readyz`)).status === 503
      await wait(100)
    }
  }
  const clients = Array.from({ length: 8 }, client)
  await until(() => (statuses.length > 100 ? true : undefined))
  child.signal('SIGTERM')
  await Promise.all([balancer(), ...clients])
  assert.deepEqual(new Set(statuses), new Set([200]))
})

test('a client that keeps asking on a kept connection does not hold the exit', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 10 })
  const socket = connect(child.port, '127.0.0.1').on('error', () => {})
  const again = () => socket.write('GET /fast HTTP/1.1\r\nHost: a\r\n\r\n')
  socket.on('data', again)
  again()
  await once(socket, 'data')
  child.signal('SIGTERM')
  assert.equal(await child.exited, 0)
  assert.ok(child.sinceSignal() < 5_000)
})

test('a request in flight when listening stops is finished, and its connection closed', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 10 })
  const agent = new Agent({ keepAlive: true })
  const other = new Agent({ keepAlive: true })
  t.after(() => [agent, other].map((each) => each.destroy()))
  const slow = ask(`${child.url}/slow`, agent)
  await ask(`${child.url}/fast`, other)
  child.signal('SIGTERM')
  await child.logged('no longer accepting connections')
  child.signal('SIGUSR2')
  assert.deepEqual(await slow, { status: 200, connection: 'close', body: 'slow' })
  assert.equal(await child.exited, 0)
})

test('a request of which half had come is finished too, though the process stands still for longer than it waits', async (t) => {
  const { port, shutdown, onLog, stall } = await startService(t, { shutdownSeconds: 60 })
  const finish = await beginAsking(port, '/')
  let answer: Promise<string> | undefined
  onLog('no longer accepting connections', () => {
    // As soon as it does not listen any more: what was sent is there, and not read yet.
    setImmediate(() => {
      answer = finish()
      stall(700)
    })
  })
  assert.equal(await shutdown.close('a test'), 0)
  const text = await answer
  assert.match(`${text}`, /^HTTP\/1.1 200 OK\r\n/)
  assert.match(`${text}`, /^connection: close\r\n/im)
})

test('connections that never spoke, or stopped in the middle of a header, do not hold the exit', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 10 })
  const sockets = ['', 'GET /fast HT', 'POST /fast HTTP/1.1\r\nHost: a\r\n'].map((bytes) => {
    const socket = connect(child.port, '127.0.0.1').on('error', () => {})
    t.after(() => socket.destroy())
    socket.write(bytes)
    return socket
  })
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  await ask(`${child.url}/fast`)
  child.signal('SIGTERM')
  assert.equal(await child.exited, 0)
  assert.ok(child.sinceSignal() < 5_000)
})

test('a request that hangs is named, the other steps are still closed, and the exit code is 1', async (t) => {
  const { url, pass, shutdown, asked, logged, closed } = await startService(t, { shutdownSeconds: 20 })
  const hung = ask(`${url}/slow?secret=1`).catch(() => undefined)
  await asked()
  const code = shutdown.close('a test')
  await logged('no longer accepting connections')
  await pass(16_000)
  await pass(100)
  assert.deepEqual(closed, ['jobs', 'database'])
  await pass(3_900)
  assert.equal(await code, 1)
  assert.deepEqual((await logged('shutdown took too long')).hung, ['http requests: GET /slow', 'http'])
  await hung
})

test('of the time that draining has left, the steps behind what hangs have their share', async (t) => {
  // Draining is the one wait in real time: it takes a moment, in which ten seconds are said to pass.
  const settings = { drainSeconds: 0.01, shutdownSeconds: 20 }
  const { url, pass, shutdown, asked, logged, closed } = await startService(t, settings)
  const hung = ask(`${url}/slow`).catch(() => undefined)
  await asked()
  const code = shutdown.close('a test')
  await pass(10_000)
  await logged('no longer accepting connections')
  await pass(6_000)
  await logged('time grows short, ending what is under way')
  await pass(2_000)
  await pass(100)
  assert.deepEqual(closed, ['jobs', 'database'])
  await pass(1_900)
  assert.equal(await code, 1)
  await hung
})

test('a step that hangs is named, those after it are closed, and the exit code is 1', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 1, hangs: 'jobs' })
  child.signal('SIGTERM')
  assert.equal(await child.exited, 1)
  assert.deepEqual((await child.logged('shutdown took too long')).hung, ['jobs'])
  assert.ok(child.lines.some(({ closing }) => closing === 'database'))
})

test('a step that waits is hurried when time grows short, and the exit code is 0', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 2, waits: 'jobs' })
  child.signal('SIGTERM')
  assert.equal(await child.exited, 0)
  const { unfinished } = await child.logged('time grows short, ending what is under way')
  assert.deepEqual(unfinished, ['jobs', 'database'])
})

test('a step that fails does not keep the next from closing, and the exit code is 1', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 10, fails: 'jobs' })
  child.signal('SIGTERM')
  assert.equal(await child.exited, 1)
  assert.equal((await child.logged('could not be closed')).step, 'jobs')
  assert.ok(child.lines.some(({ closing }) => closing === 'database'))
})

test('the same signal twice at once is one signal, and another later exits at once', async (t) => {
  const child = await startChild(t, { drainSeconds: 20, shutdownSeconds: 30 })
  child.signal('SIGINT')
  child.signal('SIGTERM')
  assert.equal((await ask(`${child.url}/fast`)).status, 200)
  const first = await child.logged('shutting down')
  await until(() => (Date.now() - Number(first.time) > 1_050 ? true : undefined))
  child.signal('SIGINT')
  assert.equal(await child.exited, 1)
  // Long before it has drained.
  assert.ok(child.sinceSignal() < 15_000)
  const { unfinished } = await child.logged('told twice, so ending at once')
  assert.deepEqual(unfinished, ['http requests', 'http', 'jobs', 'database'])
})
