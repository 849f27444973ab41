import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SignJWT } from 'jose'
import { bearerAuth } from '#plugins/bearer-auth.ts'
import { type RateLimitOptions, rateLimit } from '#plugins/rate-limit.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { buildProblemApp } from '../support/problem-app.ts'

const secret = 'a secret that is long enough to sign with'
const noon = Date.UTC(2027, 0, 1, 12)

async function build(t: TestContext, options: Partial<RateLimitOptions> = {}, trustProxy = false) {
  let time = noon
  const app = await buildProblemApp(undefined, trustProxy ? { trustProxy: ['127.0.0.1'] } : {})
  await app.register(bearerAuth, { secret, now: () => time })
  await app.register(rateLimit, { max: 2, windowSeconds: 60, now: () => time, ...options })
  app.get('/public', async () => 'here')
  app.get('/mine', { onRequest: app.authenticate }, async (request) => request.principal.id)
  app.get('/probe', { config: { probe: true } }, async () => 'here')
  t.after(() => app.close())
  const get = (url: string, token?: string, headers: Record<string, string> = {}) =>
    app.inject({ url, headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) } })
  return {
    app,
    get,
    async statuses(url: string, times: number, token?: string) {
      const all: number[] = []
      for (let at = 0; at < times; at++) all.push((await get(url, token)).statusCode)
      return all
    },
    sleep(milliseconds: number) {
      time += milliseconds
    },
  }
}

const tokenOf = (subject: string, key = secret) =>
  new SignJWT({ sub: subject })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(noon / 1_000)
    .setExpirationTime(noon / 1_000 + 3_600)
    .sign(new TextEncoder().encode(key))

test('every answer says what is left, the one too many is refused, and a new window begins in time', async (t) => {
  const { get, sleep } = await build(t)
  const first = await get('/public')
  assert.equal(first.headers['ratelimit-policy'], '"default";q=2;w=60')
  assert.equal(first.headers.ratelimit, '"default";r=1;t=60')
  sleep(20_500)
  assert.equal((await get('/public')).headers.ratelimit, '"default";r=0;t=40')
  await assertProblem(await get('/public'), {
    slug: 'rate-limited',
    detail: '2 requests in 60 seconds are allowed. Try again in 40.',
    headers: {
      'retry-after': '40',
      'ratelimit-policy': '"default";q=2;w=60',
      ratelimit: '"default";r=0;t=40',
    },
  })
  sleep(39_500)
  assert.equal((await get('/public')).headers.ratelimit, '"default";r=1;t=60')
})

test('a clock that was set back does not lock anybody out for longer than a window', async (t) => {
  const { statuses, sleep } = await build(t)
  await statuses('/public', 3)
  sleep(-3_600_000)
  assert.deepEqual(await statuses('/public', 3), [200, 200, 429])
})

test('the rate is refused after path and method, and before the identity', async (t) => {
  const { app, get, statuses } = await build(t)
  assert.deepEqual(await statuses('/mine', 3), [401, 401, 429])
  await assertProblem(await get('/nowhere'), { slug: 'not-found' })
  await assertProblem(await app.inject({ method: 'DELETE', url: '/mine' }), { slug: 'method-not-allowed' })
})

test('probes are neither limited nor counted', async (t) => {
  const { get, statuses } = await build(t)
  assert.deepEqual(await statuses('/probe', 5), [200, 200, 200, 200, 200])
  assert.equal((await get('/probe')).headers.ratelimit, undefined)
  assert.equal((await get('/public')).headers.ratelimit, '"default";r=1;t=60')
})

test('principals are counted by themselves, whatever their token, their route and their address', async (t) => {
  const { get, statuses } = await build(t)
  const ann = await tokenOf('ann')
  const other = await new SignJWT({ sub: 'ann', more: 1 })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(noon / 1_000 + 60)
    .sign(new TextEncoder().encode(secret))
  assert.deepEqual(await statuses('/mine', 1, ann), [200])
  assert.deepEqual(await statuses('/public', 1, other), [200])
  assert.deepEqual(await statuses('/mine', 1, ann), [429])
  assert.equal((await get('/mine', await tokenOf('bob'))).body, 'bob')
  assert.deepEqual(await statuses('/public', 3), [200, 200, 429], 'the address is another count')
  assert.deepEqual(await statuses('/mine', 1, await tokenOf('127.0.0.1')), [200])
})

test('an address that has used up its allowance does not lock out who proves another identity', async (t) => {
  const { statuses } = await build(t)
  await statuses('/public', 5)
  assert.deepEqual(await statuses('/mine', 3, await tokenOf('ann')), [200, 200, 429])
})

test('invented tokens count for the address alone, and help nobody past its limit', async (t) => {
  const { get, statuses } = await build(t)
  const forged = await Promise.all(['ann', 'bob', 'cid', 'dan'].map((name) => tokenOf(name, `not ${secret}`)))
  const answers = []
  for (const token of forged) answers.push((await get('/mine', token)).statusCode)
  assert.deepEqual(answers, [401, 401, 429, 429])
  assert.deepEqual(await statuses('/mine', 3, await tokenOf('ann')), [200, 200, 429])
})

test('behind a trusted proxy the client is counted, and IPv6 by the network a client has to itself', async (t) => {
  const { get } = await build(t, { max: 1 }, true)
  const from = async (address: string) =>
    (await get('/public', undefined, { 'x-forwarded-for': address })).statusCode
  assert.deepEqual(
    [await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.1')],
    [200, 200, 429],
  )
  assert.deepEqual([await from('2001:db8::1'), await from('2001:db8::2:1')], [200, 429])
  assert.equal(await from('::ffff:192.0.2.1'), 429)
  assert.equal(await from('192.0.2.1:40000'), 429, 'some proxies write the port too')
})

test('a store that answers later is waited for, and one that fails lets everything through', async (t) => {
  let count = 0
  const later = await build(t, { store: { count: async () => ({ count: ++count, resetsAt: noon + 1 }) } })
  assert.deepEqual(await later.statuses('/public', 3), [200, 200, 429])
  const failing = await build(t, { store: { count: () => Promise.reject(new Error('away')) } })
  assert.deepEqual(await failing.statuses('/public', 3), [200, 200, 200])
})

test('where the window ended while its store was waited for, it is not said to end at once', async (t) => {
  const { get } = await build(t, { store: { count: async () => ({ count: 3, resetsAt: noon }) } })
  const { headers } = await get('/public')
  assert.deepEqual([headers.ratelimit, headers['retry-after']], ['"default";r=0;t=1', '1'])
})

test('a store is closed with the listener', async (t) => {
  let closed = 0
  const count = () => ({ count: 1, resetsAt: noon })
  const { app } = await build(t, { store: { count, close: async () => void closed++ } })
  await app.close()
  assert.equal(closed, 1)
})
