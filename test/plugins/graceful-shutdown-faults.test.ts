import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import Fastify from 'fastify'
import { pino } from 'pino'
import { createShutdown, gracefulShutdown } from '#plugins/graceful-shutdown.ts'
import { ask, startChild } from './graceful-shutdown/child.ts'

const faults = [
  ['/throw-in-a-timer', 'uncaughtException', /thrown in a timer[\s\S]*the reason beneath/],
  ['/reject', 'unhandledRejection', /nobody waits for this/],
] as const

for (const [path, kind, text] of faults) {
  test(`an ${kind} is logged to the bottom, and what is in flight finishes before exit 1`, async (t) => {
    const child = await startChild(t, { drainSeconds: 30, shutdownSeconds: 60 })
    const slow = ask(`${child.url}/slow`)
    await ask(`${child.url}/fast`)
    await ask(`${child.url}${path}`)
    await child.logged('no longer accepting connections')
    child.signal('SIGUSR2')
    assert.equal((await slow).body, 'slow')
    assert.equal(await child.exited, 1)
    const { level, err } = await child.logged(kind)
    assert.equal(level, 60)
    assert.ok(typeof err === 'object' && err !== null && 'stack' in err)
    assert.match(String(err.stack), text)
    const last = child.lines.find(({ closing }) => closing === 'database')
    assert.deepEqual(last?.faults, { uncaughtException: 0, unhandledRejection: 0, [kind]: 1 })
  })
}

test('a fault while draining ends the draining', async (t) => {
  const child = await startChild(t, { drainSeconds: 30, shutdownSeconds: 60 })
  child.signal('SIGTERM')
  await child.logged('shutting down')
  await ask(`${child.url}/throw-in-a-timer`)
  assert.equal(await child.exited, 1)
  assert.ok(child.sinceSignal() < 5_000)
})

test('a warning of the runtime is a line in the log', async (t) => {
  const child = await startChild(t, { drainSeconds: 0, shutdownSeconds: 10 })
  await ask(`${child.url}/warn`)
  const { err, level } = await child.logged('warning of the runtime')
  assert.equal(level, 40)
  assert.match(JSON.stringify(err), /look out/)
})

test('a process that does not listen yet does not drain', async () => {
  const log = pino({ level: 'silent' })
  const exits: number[] = []
  const shutdown = createShutdown({
    drainSeconds: 300,
    shutdownSeconds: 600,
    log,
    steps: [],
    exit: (code) => exits.push(code),
  })
  shutdown.track(createServer())
  assert.equal(await shutdown.close('a test'), 0)
  assert.deepEqual(exits, [0])
})

test('several services in one process begin and end by themselves and leave no handler behind', async () => {
  const events = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'warning']
  const count = () => events.map((event) => process.listenerCount(event))
  const before = count()
  const exits: number[] = []
  const make = async () => {
    const app = Fastify()
    const shutdown = createShutdown({
      drainSeconds: 0,
      shutdownSeconds: 10,
      log: pino({ level: 'silent' }),
      steps: [{ name: 'http', close: () => app.close() }],
      exit: (code) => exits.push(code),
    })
    shutdown.watch()
    await app.register(gracefulShutdown, { shutdown })
    app.get('/', async () => 'here')
    return { app, shutdown, url: await app.listen({ port: 0, host: '127.0.0.1' }) }
  }
  const [one, two] = [await make(), await make()]
  assert.notDeepEqual(count(), before)

  assert.equal(await one.shutdown.close('the test'), 0)
  assert.equal(one.app.shutdownSignal.aborted, true)
  await assert.rejects(ask(one.url), { code: 'ECONNREFUSED' })
  assert.equal((await ask(two.url)).connection, 'close')
  assert.equal(two.shutdown.isShuttingDown(), false)
  assert.equal(await two.shutdown.close('the test'), 0)
  assert.equal(await two.shutdown.close('again'), 0)
  assert.deepEqual(exits, [0, 0])
  assert.deepEqual(count(), before)
})
