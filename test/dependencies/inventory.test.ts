import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createInventory } from '#src/dependencies/inventory.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { createFakeTime } from '../plugins/fake-time.ts'
import { CONTEXT, callFailure, FAST } from './call-failure.ts'
import {
  type Behaviour,
  closedPort,
  dribble,
  halfJson,
  hang,
  hugeBody,
  json,
  lostResponse,
  notHttp,
  raw,
  reset,
  shortBody,
  startFake,
  until,
} from './fake-server.ts'

const RESERVATION = { orderId: 'ord_1', items: [{ productId: 'desk', quantity: 2 }] }

async function setUp(t: TestContext, behaviour: Behaviour, ...more: Behaviour[]) {
  const fake = await startFake(t, behaviour, ...more)
  return { fake, inventory: connect(t, fake.url) }
}

function connect(t: TestContext, url: string, policy: object = FAST) {
  const inventory = createInventory({ url, policy })
  t.after(() => inventory.close())
  return inventory
}

test('a reservation names its order and its items, and nothing else', async (t) => {
  const fake = await startFake(t, json(201, {}))
  const inventory = connect(t, `${fake.url}/warehouse/`)
  const items = [{ productId: 'desk', quantity: 2, unitPrice: 100 }]
  assert.deepEqual(await inventory.reserve({ orderId: 'ord_1', items }, CONTEXT), { kind: 'reserved' })
  const [request] = fake.requests
  assert.equal(`${request?.method} ${request?.url}`, 'PUT /warehouse/reservations/ord_1')
  assert.equal(request?.body, '{"items":[{"productId":"desk","quantity":2}]}')
  assert.equal(request?.headers['x-request-id'], 'req-42')
})

test('a login in the URL is sent', async (t) => {
  const fake = await startFake(t, json(201, {}))
  const inventory = connect(t, fake.url.replace('//', '//shop%40home:pass%20w%C3%B6rd@'))
  await inventory.reserve(RESERVATION, CONTEXT)
  const [scheme, login = ''] = fake.requests[0]?.headers.authorization?.split(' ') ?? []
  assert.deepEqual([scheme, Buffer.from(login, 'base64').toString()], ['Basic', 'shop@home:pass wörd'])
})

for (const [name, yes] of [
  ['no body', (response) => response.writeHead(204).end()],
  ['a body that is no JSON', (response) => response.writeHead(200).end('<p>fine</p>')],
  ['half a JSON document', halfJson],
  ['a body shorter than it promised', shortBody],
  ['a body of two megabytes', hugeBody],
  ['a body that never ends', dribble],
] satisfies [string, Behaviour][]) {
  test(`a 2xx with ${name} is a yes`, async (t) => {
    const { fake, inventory } = await setUp(t, yes)
    assert.deepEqual(await inventory.reserve(RESERVATION, CONTEXT), { kind: 'reserved' })
    await inventory.release('ord_1', CONTEXT)
    assert.equal(fake.requests.length, 2)
  })
}

test('a body that never ends gives its socket back', async (t) => {
  const fake = await startFake(t, dribble)
  const inventory = connect(t, fake.url, { ...FAST, attemptTimeoutMs: 1_000 })
  await inventory.reserve(RESERVATION, CONTEXT)
  await until(() => fake.closedUnanswered() === 1, 'a closed socket')
})

test('409 is a no, and none of the circuit’s business', async (t) => {
  const { fake, inventory } = await setUp(t, json(409, {}))
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(await inventory.reserve(RESERVATION, CONTEXT), { kind: 'refused' })
  }
  assert.equal(fake.requests.length, 10)
  assert.equal(inventory.policy.snapshot().state, 'closed')
})

test('409 is a no, with Retry-After sent twice too; of two, the first is meant', async (t) => {
  const twice = (status: number): Behaviour =>
    raw(`HTTP/1.1 ${status} No\r\nRetry-After: 7\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n`)
  const { fake, inventory } = await setUp(t, twice(409), twice(429))
  assert.deepEqual(await inventory.reserve(RESERVATION, CONTEXT), { kind: 'refused' })
  assert.equal(fake.requests.length, 1)
  const limited = callFailure(connect(t, fake.url, { ...FAST, retries: 0 }).reserve(RESERVATION, CONTEXT))
  assert.equal((await limited).retryAfterMs, 7_000)
})

for (const status of [404, 410]) {
  test(`a reservation that is not there (${status}) is released`, async (t) => {
    const { fake, inventory } = await setUp(t, json(status, {}))
    await inventory.release('ord_1', CONTEXT)
    assert.equal(`${fake.requests[0]?.method} ${fake.requests[0]?.url}`, 'DELETE /reservations/ord_1')
  })
}

test('a release that is refused is permanent, and so is a reservation that is not understood', async (t) => {
  const { inventory } = await setUp(t, json(409, {}), json(404, {}))
  assert.equal((await callFailure(inventory.release('ord_1', CONTEXT))).reason, 'permanent')
  assert.equal((await callFailure(inventory.reserve(RESERVATION, CONTEXT))).reason, 'permanent')
})

for (const [name, behaviour, unknown] of [
  ['500', json(500, {}), true],
  ['429', json(429, {}), false],
  ['a reset connection', reset, true],
  ['a lost response', lostResponse, true],
  ['something that is no HTTP', notHttp, true],
] satisfies [string, Behaviour, boolean][]) {
  test(`${name} is tried once more`, async (t) => {
    const { fake, inventory } = await setUp(t, behaviour, json(200, {}), behaviour)
    assert.deepEqual(await inventory.reserve(RESERVATION, CONTEXT), { kind: 'reserved' })
    const failure = await callFailure(inventory.reserve(RESERVATION, CONTEXT))
    assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', unknown, 2])
    assert.equal(fake.requests.length, 4)
  })
}

test('a refused connection is transient, and known to be nothing', async (t) => {
  const inventory = connect(t, `http://127.0.0.1:${await closedPort()}`)
  const failure = await callFailure(inventory.reserve(RESERVATION, CONTEXT))
  assert.deepEqual([failure.reason, failure.outcomeUnknown, failure.attempts], ['transient', false, 2])
})

test('Retry-After past its second goes to the caller', async (t) => {
  const fake = await startFake(t, json(429, {}, { 'retry-after': '7' }))
  const inventory = connect(t, fake.url, { time: createFakeTime() })
  const failure = await callFailure(inventory.reserve(RESERVATION, CONTEXT))
  assert.deepEqual([failure.attempts, failure.retryAfterMs], [1, 7_000])
})

test('a warehouse that hangs is given up within a second, its socket closed', async (t) => {
  const fake = await startFake(t, hang)
  const time = createFakeTime()
  const call = callFailure(connect(t, fake.url, { time }).reserve(RESERVATION, CONTEXT))
  await until(() => fake.requests.length === 1, 'the request')
  await time.advance(1_000)
  const failure = await call
  assert.deepEqual([failure.outcomeUnknown, failure.attempts], [true, 1])
  await until(() => fake.closedUnanswered() === 1, 'a closed socket')
})

test('a no that comes at the end of its second is heard', async (t) => {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>()
  const fake = await startFake(t, (...to) => void told.then(() => json(409, {})(...to)))
  const time = createFakeTime()
  const call = connect(t, fake.url, { time }).reserve(RESERVATION, CONTEXT)
  await until(() => fake.requests.length === 1, 'the request')
  await time.advance(990)
  tell()
  assert.deepEqual(await call, { kind: 'refused' })
  assert.equal(fake.requests.length, 1)
})

test('against the sandbox: reserved, released, refused nothing', async (t) => {
  const sandbox = await startSandbox({ port: 0, smtpPort: 0, seed: 1 })
  t.after(() => sandbox.close())
  const inventory = connect(t, sandbox.url)
  assert.deepEqual(await inventory.reserve(RESERVATION, CONTEXT), { kind: 'reserved' })
  assert.deepEqual(await inventory.reserve(RESERVATION, CONTEXT), { kind: 'reserved' })
  await inventory.release('ord_1', CONTEXT)
  await inventory.release('ord_1', CONTEXT)
})
