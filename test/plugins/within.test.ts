import assert from 'node:assert/strict'
import { test } from 'node:test'
import { within } from '#plugins/within.ts'

const never = () => new Promise<string>(() => {})
const tooLate = (): never => {
  throw new Error('too late')
}

test('a promise that comes to something in time is that', async () => {
  assert.equal(await within(60_000, Promise.resolve('here'), tooLate), 'here')
  await assert.rejects(within(60_000, Promise.reject(new Error('broken')), tooLate), { message: 'broken' })
})

test('for one that is late stands in what there is instead, be it an error', async () => {
  assert.equal(await within(1, never(), () => 'instead'), 'instead')
  await assert.rejects(within(1, never(), tooLate), { message: 'too late' })
})

test('of one that fails after that, nobody hears', async () => {
  const { promise, reject } = Promise.withResolvers<string>()
  assert.equal(await within(1, promise, () => 'instead'), 'instead')
  reject(new Error('afterwards'))
  await new Promise(setImmediate)
})
