import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { onRequestHookHandler } from 'fastify'
import { overload, type SheddingStage } from '#plugins/overload.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { buildProblemApp } from '../support/problem-app.ts'

/** A route with two places. Its requests are worked until they are let go, or made to fail. */
async function build(t: TestContext) {
  const app = await buildProblemApp()
  const shed: SheddingStage[] = []
  const worked: { letGo: () => void; fail: () => void }[] = []
  await app.register(overload, { onShed: (stage) => shed.push(stage) })
  let looked = 0
  const onRequest: onRequestHookHandler = (_request, _reply, done) => {
    looked++
    done()
  }
  app.post('/orders', { config: { shedding: 'last', atOnce: 2 }, onRequest }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    worked.push({ letGo: () => resolve('placed'), fail: () => reject(new Error('broken')) })
    return promise
  })
  app.get('/other', async () => 'other')
  t.after(() => app.close())
  await app.ready()
  // Whoever waits has waited long enough when the test says so.
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const place = async () => await app.inject({ method: 'POST', url: '/orders' })
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return { app, shed, worked, place, settle, looked: () => looked }
}

test('Past the places requests wait, and are worked in the order they came', async (t) => {
  const { worked, place, settle } = await build(t)
  const answers = [place(), place(), place()]
  await settle()
  assert.equal(worked.length, 2)
  worked[0]?.letGo()
  await settle()
  assert.equal(worked.length, 3)
  for (const one of worked) one.letGo()
  assert.deepEqual(
    (await Promise.all(answers)).map(({ statusCode }) => statusCode),
    [200, 200, 200],
  )
})

test('A request that fails gives its place to the next', async (t) => {
  const { worked, place, settle } = await build(t)
  const answers = [place(), place(), place()]
  await settle()
  worked[0]?.fail()
  await settle()
  assert.equal(worked.length, 3)
  for (const one of worked) one.letGo()
  assert.deepEqual(
    (await Promise.all(answers)).map(({ statusCode }) => statusCode),
    [500, 200, 200],
  )
})

test('Who finds the queue full is refused before anything is done for it, and other routes are not', async (t) => {
  const { app, shed, worked, place, settle, looked } = await build(t)
  const answers = Array.from({ length: 6 }, place)
  await settle()
  const refused = await place()
  await assertProblem(refused, { slug: 'overloaded', status: 503 })
  assert.match(String(refused.headers['retry-after']), /^[1-5]$/)
  assert.deepEqual(shed, ['last'])
  assert.equal(looked(), 6)
  assert.equal((await app.inject('/other')).statusCode, 200)
  while (worked.length > 0) {
    worked.shift()?.letGo()
    await settle()
  }
  assert.deepEqual(new Set((await Promise.all(answers)).map(({ statusCode }) => statusCode)), new Set([200]))
})

test('Who waited in vain is refused, and none of its work was begun', async (t) => {
  const { worked, place, settle } = await build(t)
  const answers = [place(), place()]
  await settle()
  const waiting = place()
  await settle()
  t.mock.timers.tick(1_000)
  await assertProblem(await waiting, { slug: 'overloaded', status: 503 })
  assert.equal(worked.length, 2)
  for (const one of worked) one.letGo()
  await Promise.all(answers)
})
