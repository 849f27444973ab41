import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, identityService, keyPair, keyServer, SECRET, START } from './bearer-auth-service.ts'

/** A service and its key server, at a time that the test moves on by itself. */
async function setUp(t: TestContext) {
  const first = await keyPair('ES256', 'first')
  const server = await keyServer(t, [first.jwk])
  const clock = { time: START * 1000 }
  const app = await identityService(t, { secret: SECRET, jwksUrl: server.url, now: () => clock.time })
  const status = async (token: string) => (await ask(app, token)).statusCode
  return { first, server, clock, status }
}

/** Waits for what happens in the background. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, 'It did not happen within five seconds')
    await pause(5)
  }
}

test('a hundred requests at once, and then a thousand, make one fetch', async (t) => {
  const { first, server, status } = await setUp(t)
  const tokens = await Promise.all(Array.from({ length: 100 }, (_, at) => first.token({ sub: `user-${at}` })))
  assert.deepEqual(new Set(await Promise.all(tokens.map(status))), new Set([200]))
  for (let round = 0; round < 10; round++) await Promise.all(tokens.map(status))
  assert.equal(server.fetches, 1)
})

test('a new key is taken up within a minute, also with a kid that was asked for before it was there', async (t) => {
  const { first, server, clock, status } = await setUp(t)
  const second = await keyPair('RS256', 'second')
  assert.equal(await status(await first.token()), 200)
  const token = await second.token()
  assert.equal(await status(token), 401)
  server.keys = [first.jwk, second.jwk]
  clock.time += 9_000
  assert.equal(await status(token), 401)
  clock.time += 1_000
  assert.equal(await status(token), 200)
  assert.equal(await status(await first.token()), 200)
})

test('made-up key ids do not multiply fetches', async (t) => {
  const { first, server, clock, status } = await setUp(t)
  await status(await first.token())
  const strangers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => keyPair('ES256', `made-up-${at}`)),
  )
  const tokens = await Promise.all(strangers.map((stranger) => stranger.token()))
  for (let second = 0; second < 20; second++) {
    clock.time += 1_000
    assert.deepEqual(new Set(await Promise.all(tokens.map(status))), new Set([401]))
  }
  // One at first, and one for each ten seconds.
  assert.equal(server.fetches, 3)
})

test('a busy token is refused within a minute after its key was withdrawn', async (t) => {
  const { first, server, clock, status } = await setUp(t)
  const second = await keyPair('ES256', 'second')
  const token = await first.token()
  assert.equal(await status(token), 200)
  server.keys = [second.jwk]
  clock.time += 29_000
  assert.equal(await status(token), 200)
  assert.equal(server.fetches, 1)
  clock.time += 1_000
  await until(async () => (await status(token)) === 401)
  assert.equal(server.fetches, 2)
  assert.equal(await status(await second.token()), 200)
})

test('an idle token is refused at once when its key was withdrawn an hour ago', async (t) => {
  const { first, server, clock, status } = await setUp(t)
  const token = await first.token({ exp: START + 90_000 })
  assert.equal(await status(token), 200)
  server.keys = []
  clock.time += 3_600_000
  assert.equal(await status(token), 401)
})

test('a key replaced under the same id is another key', async (t) => {
  const { first, server, clock, status } = await setUp(t)
  const token = await first.token()
  assert.equal(await status(token), 200)
  const replacement = await keyPair('ES256', 'first')
  server.keys = [replacement.jwk]
  clock.time += 60_000
  assert.equal(await status(token), 401)
  assert.equal(await status(await replacement.token()), 200)
})

test('while the key server is away its keys serve for as long as it takes, and it is found again', async (t) => {
  const { first, server, clock, status } = await setUp(t)
  const exp = START + 900_000
  const known = await first.token({ exp })
  assert.equal(await status(known), 200)
  await server.away()
  for (const seconds of [30, 60, 3_600, 86_400]) {
    clock.time += seconds * 1000
    assert.equal(await status(known), 200)
    assert.equal(await status(await first.token({ exp, sub: `after-${seconds}` })), 200)
  }
  assert.equal(await status(await (await keyPair('ES256', 'unknown')).token({ exp })), 401)

  const second = await keyPair('ES256', 'second')
  server.keys = [second.jwk]
  await server.back()
  clock.time += 2_000
  await until(async () => (await status(known)) === 401)
  assert.equal(await status(await second.token({ exp })), 200)
})

test('a key server that hangs holds up one fetch, and no request while its keys are known', async (t) => {
  const { first, server, clock, status } = await setUp(t)
  const token = await first.token()
  assert.equal(await status(token), 200)
  server.answer = () => {}
  clock.time += 30_000
  const start = performance.now()
  for (let at = 0; at < 20; at++) assert.equal(await status(token), 200)
  // The fetch is given up after three.
  assert.ok(performance.now() - start < 2_900)
  await until(() => server.fetches === 2)
})
