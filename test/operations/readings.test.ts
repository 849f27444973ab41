import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import pino from 'pino'
import { createReadings } from '#src/operations/readings.ts'
import { noOrders } from '#src/orders/status-store.ts'
import { eventually } from '../support/shop.ts'

/** Readings of a shop whose paid orders are counted by `count`. */
function build(count: () => Promise<number>) {
  const log = pino({ level: 'silent' })
  const orderStatuses = { count: async () => ({ ...noOrders(), paid: await count() }) }
  const report = async () => ({ status: 'healthy' as const, checks: {}, version: '', uptimeSeconds: 0 })
  return createReadings(
    { queues: { depths: async () => [] }, orderStatuses, log },
    { report, unreadiness: async () => null },
  )
}

test('A count of few orders that had to wait for its turn does not stand for longer than any other', async () => {
  let counts = 0
  const { orders } = build(async () => {
    await pause(300)
    return ++counts
  })
  await orders()
  // A hundred times what it took would be half a minute.
  await eventually('another count', async () => (await orders()).paid === 2, 10_000)
})

test('A count of many orders stands for long, and so does one that failed after a while', async () => {
  for (const outcome of [async () => 10_000_000, () => Promise.reject(new Error('too many'))]) {
    let counts = 0
    const { orders } = build(async () => {
      counts++
      await pause(150)
      return await outcome()
    })
    await orders()
    // Any other is made anew after a second, and this one after a hundred times what it took.
    await pause(1_100)
    await orders()
    assert.equal(counts, 1)
  }
})
