import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openShopInTrouble } from './shop-in-trouble.ts'

test('A deadline that an operator sets is the one that a customer waits for', async (t) => {
  const cleanUps: (() => Promise<void>)[] = []
  t.after(async () => {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  })
  const lifetime = { after: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) }
  const shop = await openShopInTrouble(lifetime, { PAYMENT_DEADLINE_MS: '1000' })
  await shop.payment.suffer('hang')
  const { status, tookMs } = await shop.order()
  assert.equal(status, 'payment_pending')
  // The standard deadline is ten seconds.
  assert.ok(tookMs < 6_000, `answered after ${tookMs} ms`)
})
