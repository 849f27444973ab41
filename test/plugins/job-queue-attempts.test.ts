import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAttempts } from '#plugins/job-queue/attempts.ts'

const GIVEN_BACK = { kind: 'retry', reason: 'its process ended', afterMs: 0, counts: false }

test('An attempt that is given back before it began never does, and one that is over is not', async () => {
  const attempts = createAttempts()
  const over = attempts.outcomeOf(async () => ({ kind: 'done' }))
  assert.deepEqual(await over, { kind: 'done' })
  const underWay = attempts.outcomeOf(() => new Promise(() => {}))
  attempts.giveBack()
  assert.deepEqual(await underWay, GIVEN_BACK)
  const late = await attempts.outcomeOf(() => assert.fail('it began'))
  assert.deepEqual(late, GIVEN_BACK)
})
