import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createAdmission } from '#plugins/overload/admission.ts'
import { defaultThresholds, exceeds } from '#plugins/overload/thresholds.ts'

/** One place, and two that may wait for it for a second. */
function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  return createAdmission({ permits: 1, waiters: 2, timeoutMs: 1_000, refuse: (why) => new Error(why) })
}

test('a place is not given to who no longer waits for it', async (t) => {
  const admission = setUp(t)
  const leave = await admission.enter()
  const impatient = assert.rejects(admission.enter(), /not admitted within 1000 ms/)
  t.mock.timers.tick(1_000)
  await impatient
  assert.equal(admission.waiting(), 0)
  leave()
  assert.equal(admission.busy(), 0)
  const leaveAgain = await admission.enter()
  leaveAgain()
  assert.equal(admission.busy(), 0)
})

test('as many may wait as may, and who is turned away is counted, whether at once or in the end', async (t) => {
  const admission = setUp(t)
  await admission.enter()
  const first = assert.rejects(admission.enter())
  assert.equal(admission.isFull(), false)
  const second = assert.rejects(admission.enter())
  assert.equal(admission.isFull(), true)
  assert.equal(admission.waiting(), 2)
  await assert.rejects(admission.enter(), /2 are waiting already/)
  assert.equal(admission.refused(), 1)
  t.mock.timers.tick(1_000)
  await Promise.all([first, second])
  assert.equal(admission.refused(), 3)
  assert.equal(admission.isFull(), false)
})

test('who was admitted in time is not counted as turned away, however long the work takes', async (t) => {
  const admission = setUp(t)
  const leave = await admission.enter()
  const next = admission.enter()
  leave()
  await next
  t.mock.timers.tick(1_000)
  assert.equal(admission.refused(), 0)
  assert.equal(admission.busy(), 1)
})

test('by itself it sheds what matters most last, for the delay as for the heap', () => {
  const heapLimit = 1_000
  const thresholds = defaultThresholds(heapLimit)
  const shedAt = (load: { eventLoopDelay?: number; heapUsed?: number }) =>
    (['first', 'middle', 'last'] as const).filter((stage) =>
      exceeds(
        { eventLoopDelay: 0, eventLoopUtilized: 1, heapUsed: 0, rssBytes: 1e12, ...load },
        thresholds[stage],
      ),
    )
  assert.deepEqual(
    [200, 300, 600, 1_100].map((eventLoopDelay) => shedAt({ eventLoopDelay })),
    [[], ['first'], ['first', 'middle'], ['first', 'middle', 'last']],
  )
  assert.deepEqual(
    [890, 920, 950, 980].map((heapUsed) => shedAt({ heapUsed })),
    [[], ['first'], ['first', 'middle'], ['first', 'middle', 'last']],
  )
})
