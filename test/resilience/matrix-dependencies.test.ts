import assert from 'node:assert/strict'
import { before, beforeEach, suite, test } from 'node:test'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { eventually } from '../support/shop.ts'
import { FAULTS } from './faulty-http.ts'
import type { Fault } from './matrix.ts'
import { openShopInTrouble, type ShopInTrouble } from './shop-in-trouble.ts'

/** Each group has a process of its own, in which its faults befall one dependency after the other. */
const GROUPS: Fault[][] = [
  ['error', 'reset', 'lost response', 'garbage'],
  ['slow', 'rate limit'],
  ['hang', 'down for an hour'],
]
assert.deepEqual(GROUPS.flat().sort(), [...FAULTS].sort())

suite('Whatever befalls a dependency', { concurrency: true }, () => {
  for (const faults of GROUPS) {
    suite(faults.join(', '), { concurrency: 1 }, () => {
      const lifetime = lifetimeOfSuite()
      let shop: ShopInTrouble
      before(async () => {
        shop = await openShopInTrouble(lifetime)
      })
      beforeEach(() => shop.fairWeather())
      for (const fault of faults) {
        if (fault === 'down for an hour') forAnHour(fault, () => shop)
        else forAMoment(fault, () => shop)
      }
    })
  }
})

function forAMoment(fault: Fault, at: () => ShopInTrouble) {
  test(`inventory × ${fault}`, async () => {
    const shop = at()
    await shop.inventory.suffer(fault)
    const { id, status } = await shop.order()
    assert.equal(status, 'paid')
    const asked = shop.inventory.calls.filter(({ path }) => path.includes(id)).length
    // The queue asks at its next poll, which may come before the answer is read here.
    const most = 2 * (1 + (await shop.runs('reserve-stock', id)))
    assert.ok(asked >= 1 && asked <= most, `${asked} attempts, not ${most}`)
    assert.equal(await shop.circuit('inventory'), 'closed', 'one failure opens nothing')

    await shop.inventory.suffer('none')
    const told = () => shop.inventory.calls.filter(({ path }) => path.includes(id)).length > asked
    await shop.hurried('the warehouse to be told', () => told() && shop.reserved.has(id))
    await shop.assertSound()
  })

  test(`payment × ${fault}`, async () => {
    const shop = at()
    await shop.payment.suffer(fault)
    const { id, status } = await shop.order()
    assert.equal(status, 'payment_pending')
    const attempts = shop.chargeCalls(id).length
    const most = 4 * (1 + (await shop.runs('charge-order', id)))
    assert.ok(attempts >= 1 && attempts <= most, `${attempts} attempts, not ${most}`)
    assert.equal(await shop.circuit('payment'), 'closed', 'one failure opens nothing')

    await shop.payment.suffer('none')
    if (fault === 'rate limit') await eventually('the time that it named', () => isPaid(id), 45_000)
    else await shop.hurried('the charge', () => isPaid(id))
    assert.equal(shop.timesCharged(id), 1)
    const calls = shop.chargeCalls(id)
    assert.deepEqual(new Set(calls.map(({ key }) => key)), new Set([`order:${id}:charge`]))
    const [first = 0, second = 0] = calls.map(({ at }) => at)
    // The queue counts in whole seconds.
    if (fault === 'rate limit') assert.ok(second - first > 10_000, `asked again after ${second - first} ms`)
    await shop.assertSound()
  })

  test(`email × ${fault}`, async () => {
    const shop = at()
    const before = shop.email.suffered()
    await shop.email.suffer(fault)
    const { id, status } = await shop.order()
    assert.equal(status, 'paid')
    // This mail, and perhaps the one of the order before: the third attempt follows one that has ended.
    await shop.hurried('three attempts', () => shop.email.suffered() >= before + 3)
    await shop.email.suffer('none')
    const taken = () => shop.email.about(id)
    const already = taken().length
    await shop.hurried('the mail', () => taken().length > already)
    assert.equal(new Set(taken()).size, 1, 'one Message-ID, however often')
    assert.ok(taken().length === 1 || fault === 'lost response')
    await shop.assertSound()
  })

  const isPaid = async (id: string) => (await at().read(id)).status === 'paid'
}

function forAnHour(fault: Fault, at: () => ShopInTrouble) {
  test(`inventory × ${fault}`, async () => {
    const shop = at()
    await shop.inventory.suffer(fault)
    const orders = await shop.orders(8)
    assert.deepEqual(new Set(orders.map(({ status }) => status)), new Set(['paid']))
    await eventually('the circuit to open', async () => (await shop.circuit('inventory')) !== 'closed')
    await shop.anHourPasses('reserve-stock')

    await shop.inventory.suffer('none')
    await shop.hurried('all to be told', () => orders.every(({ id }) => shop.reserved.has(id)))
    await eventually('the circuit to close', async () => (await shop.circuit('inventory')) === 'closed')
    await shop.assertSound()
  })

  test(`payment × ${fault}`, async () => {
    const shop = at()
    await shop.payment.suffer('error')
    const orders = await shop.orders(30)
    await eventually('the circuit to open', async () => (await shop.circuit('payment')) === 'open')
    const asked = shop.payment.calls.length
    assert.ok(asked <= 1.3 * orders.length, `${asked} calls for ${orders.length} orders`)
    await shop.payment.suffer(fault)
    for (let i = 0; i < 10; i++) orders.push(await shop.order())
    assert.deepEqual(new Set(orders.map(({ status }) => status)), new Set(['payment_pending']))
    const quickest = Math.min(...orders.slice(-10).map(({ tookMs }) => tookMs))
    assert.ok(quickest < 300, `the quickest answer took ${quickest} ms`)
    await shop.anHourPasses('charge-order')

    await shop.payment.suffer('none')
    await shop.hurried('all to be paid', async () => (await shop.count('payment_pending')) === 0)
    for (const { id } of orders) assert.equal(shop.timesCharged(id), 1)
    await eventually('the circuit to close', async () => (await shop.circuit('payment')) === 'closed')
    await shop.assertSound()
  })

  test(`email × ${fault}`, async () => {
    const shop = at()
    await shop.email.suffer(fault)
    const orders = await shop.orders(8)
    assert.deepEqual(new Set(orders.map(({ status }) => status)), new Set(['paid']))
    await eventually('the circuit to open', async () => (await shop.circuit('email')) !== 'closed')
    await shop.anHourPasses('send-mail')

    await shop.email.suffer('none')
    await shop.hurried('every mail', () => orders.every(({ id }) => shop.email.about(id).length > 0))
    for (const { id } of orders) assert.equal(shop.email.about(id).length, 1)
    await eventually('the circuit to close', async () => (await shop.circuit('email')) === 'closed')
    await shop.assertSound()
  })

  test('A mail that is refused for good is a dead letter at once', async () => {
    const shop = at()
    await shop.email.suffer('refusal')
    const { id } = await shop.order()
    await eventually('the dead letter', async () => {
      const [dead] = await shop.sql`select data from pgboss.job where name = 'send-mail-dead'`
      return dead !== undefined
    })
    assert.deepEqual(shop.email.about(id), [])
    assert.equal(await shop.circuit('email'), 'closed')
  })
}
