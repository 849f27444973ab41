import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import Fastify from 'fastify'
import pino from 'pino'
import { problemDetails } from '#plugins/problem-details.ts'
import { loggerOptions, RequestLogController, requestLog, withLazyChildren } from '#plugins/request-log.ts'
import { format } from '../support/problem-app.ts'

async function build(t: TestContext) {
  const lines: Record<string, unknown>[] = []
  /** The bindings of each logger that was made. */
  const made: string[] = []
  const log = pino(
    {
      ...loggerOptions({ level: 'info' }),
      onChild: (child) => void made.push(JSON.stringify(child.bindings())),
    },
    { write: (line) => void lines.push(JSON.parse(line)) },
  )
  const app = Fastify({
    loggerInstance: withLazyChildren(log),
    logController: new RequestLogController(),
    genReqId: (request) => String(request.headers['x-request-id']),
  })
  await app.register(problemDetails, format)
  await app.register(requestLog)
  t.after(() => app.close())
  /** From then on, what was made or said before is forgotten. */
  const listen = async () => {
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    made.length = 0
    lines.length = 0
    return async (path: string, id: string) => {
      const answer = await fetch(origin + path, { headers: { 'x-request-id': id } })
      return await answer.text()
    }
  }
  return { app, lines, made, listen }
}

test('No logger is made for a request that says nothing, and its line is written all the same', async (t) => {
  const { app, lines, made, listen } = await build(t)
  app.get('/', async () => 'ok')
  const get = await listen()
  await get('/', 'one')
  assert.deepEqual(made, [])
  assert.deepEqual(
    lines.map(({ requestId, status, msg }) => ({ requestId, status, msg })),
    [{ requestId: 'one', status: 200, msg: 'request answered' }],
  )
})

test('What a request says is said under its id, by one logger, its own children too', async (t) => {
  const { app, lines, made, listen } = await build(t)
  app.get('/', async ({ log }, reply) => {
    log.info('first')
    reply.log.warn({ err: new Error('second') }, 'second')
    log.child({ part: 'payment' }).error('third')
    log.debug('not at this level')
    return `${log.level} ${'isLevelEnabled' in log}`
  })
  const get = await listen()
  assert.equal(await get('/', 'two'), 'info true')
  assert.deepEqual(
    lines.map(({ level, requestId, part, msg }) => ({ level, requestId, part, msg })),
    [
      { level: 'info', requestId: 'two', part: undefined, msg: 'first' },
      { level: 'warn', requestId: 'two', part: undefined, msg: 'second' },
      { level: 'error', requestId: 'two', part: 'payment', msg: 'third' },
      { level: 'info', requestId: 'two', part: undefined, msg: 'request answered' },
    ],
  )
  assert.deepEqual(made, ['{"requestId":"two"}', '{"requestId":"two","part":"payment"}'])
})

test('A level that is set for one request or for one route is no other’s', async (t) => {
  const { app, lines, listen } = await build(t)
  app.get('/loud', async ({ log }) => {
    log.level = 'debug'
    log.debug('heard')
    return 'ok'
  })
  app.get('/quiet', { logLevel: 'error' }, async ({ log }) => {
    log.warn('not heard')
    log.error('heard')
    return 'ok'
  })
  app.get('/', async ({ log }) => {
    log.debug('not heard')
    return 'ok'
  })
  const get = await listen()
  for (const url of ['/loud', '/quiet', '/']) await get(url, url)
  const said = lines.filter(({ msg }) => msg !== 'request answered')
  assert.deepEqual(
    said.map(({ level, requestId, msg }) => ({ level, requestId, msg })),
    [
      { level: 'debug', requestId: '/loud', msg: 'heard' },
      { level: 'error', requestId: '/quiet', msg: 'heard' },
    ],
  )
})
