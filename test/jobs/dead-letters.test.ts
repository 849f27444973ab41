import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DeadLetter } from '#src/jobs/dead-letter.ts'
import type { QueueName } from '#src/jobs/queues.ts'
import { startFakeSmtp } from '../dependencies/fake-smtp.ts'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { bodyOf, eventually } from '../support/shop.ts'

suite('What failed for good', { concurrency: 2 }, () => {
  test('a dead charge leaves its order payment_pending; redriven when the mistake is mended, it is charged once', async (t) => {
    let mistaken = true
    const shop = await openShop(t, { payment: { status: () => (mistaken ? 401 : 200) } })
    const { id } = await shop.order()
    const letter = await letterIn(shop, 'charge-order')
    assert.equal(letter.orderId, id)
    assert.equal(letter.attempts, 1, 'at once')
    assert.match(letter.reason, /^payment: permanent after 1 attempt: answered 401/)
    assert.equal((await read(shop, id)).status, 'payment_pending')
    const alert = await alertOf(shop, letter)
    assert.deepEqual(
      [alert.queue, alert.orderId, alert.requestId, alert.reason],
      ['charge-order', id, letter.requestId, letter.reason],
    )
    await eventually('health to say so', async () => (await health(shop)).status === 'degraded')
    assert.match(await metrics(shop), /^holdfast_dead_letters_total\{queue="charge-order"\} 1$/m)

    mistaken = false
    const answers = await Promise.all([redrive(shop, letter.id), redrive(shop, letter.id)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 404])
    await eventually('the charge', async () => (await read(shop, id)).status === 'paid')
    assert.deepEqual([...shop.payment.charges.keys()], [`order:${id}:charge`])
    assert.equal(shop.payment.taken(id), 1)
    assert.deepEqual(await letters(shop), [])
    await eventually('health to be well', async () => (await health(shop)).checks.queue.status === 'up')
    // A counter goes up only.
    assert.match(await metrics(shop), /^holdfast_dead_letters_total\{queue="charge-order"\} 1$/m)
  })

  test('an order with a dead charge can be called off; redriven afterwards, the charge changes nothing', async (t) => {
    let mistaken = true
    const shop = await openShop(t, { payment: { status: () => (mistaken ? 400 : 200) } })
    const { id } = await shop.order()
    const letter = await letterIn(shop, 'charge-order')
    mistaken = false
    assert.equal((await shop.ask('POST', `/orders/${id}/cancel`)).status, 200)
    const settled = await eventually('the money to be settled', async () => {
      const order = await read(shop, id)
      return order.payment.status !== 'refund_pending' && order
    })
    assert.equal(settled.status, 'cancelled')
    assert.equal(shop.payment.taken(id), 0)

    assert.equal((await redrive(shop, letter.id)).status, 202)
    await eventually('the job', async () => {
      const [job] =
        await shop.sql`select state from pgboss.job where name = 'charge-order' and id = ${letter.id}`
      return job?.state === 'completed'
    })
    assert.equal((await read(shop, id)).status, 'cancelled')
    assert.equal(shop.payment.taken(id), 0)
    assert.deepEqual([...(await shop.sql`select stock from products where id = 'desk'`)], [{ stock: 1_000 }])
  })

  test('compensation that keeps failing is a dead letter with an alert, and redriven is made up for once', async (t) => {
    let failing = false
    const status = () => (failing ? 500 : 200)
    const shop = await openShop(t, { payment: { status }, warehouse: { status } })
    // Two attempts instead of fifteen.
    await shop.sql`update pgboss.queue set retry_limit = 1 where name in ('refund-order', 'release-stock')`
    const { id } = await shop.order()
    assert.equal(shop.payment.taken(id), 1)
    failing = true
    assert.equal((await shop.ask('POST', `/orders/${id}/cancel`)).status, 200)

    const refund = await letterIn(shop, 'refund-order')
    const release = await letterIn(shop, 'release-stock')
    for (const letter of [refund, release]) {
      assert.equal(letter.orderId, id)
      assert.equal(letter.attempts, 2)
      assert.match(letter.reason, /answered 500/)
      await alertOf(shop, letter)
    }
    assert.equal((await read(shop, id)).payment.status, 'refund_pending')
    assert.equal(shop.warehouse.reservations.has(id), true)

    failing = false
    for (const letter of [refund, release]) assert.equal((await redrive(shop, letter.id)).status, 202)
    await eventually('the refund', async () => (await read(shop, id)).payment.status === 'refunded')
    await eventually('the release', () => !shop.warehouse.reservations.has(id))
    assert.equal(shop.payment.charges.get(`order:${id}:charge`)?.refunds, 1)
  })

  test('a mail that the server refuses for good is dead at once, and the order is paid all the same', async (t) => {
    const smtp = await startFakeSmtp(t, { rcpt: '550 no such user' })
    const shop = await openShop(t, { env: { SMTP_URL: `smtp://${smtp.address}` } })
    const { id } = await shop.order()
    const letter = await letterIn(shop, 'send-mail')
    assert.equal(letter.attempts, 1)
    assert.match(letter.reason, /550/)
    const alert = await alertOf(shop, letter)
    assert.doesNotMatch(JSON.stringify([letter, alert]), /somebody@/, 'the address stays in the job')
    assert.equal((await read(shop, id)).status, 'paid')
    const discarded = await fetch(`${shop.service.operations}/dead-letters/${letter.id}`, {
      method: 'DELETE',
    })
    assert.equal(discarded.status, 204)
    assert.deepEqual(await letters(shop), [])
  })
})

const read = async (shop: ShopFront, id: string) => bodyOf(await shop.ask('GET', `/orders/${id}`))

const health = async ({ service }: ShopFront) => bodyOf(await fetch(`${service.api}/health`))

const metrics = async ({ service }: ShopFront) => (await fetch(`${service.operations}/metrics`)).text()

const letters = async ({ service }: ShopFront, query = ''): Promise<DeadLetter[]> =>
  (await bodyOf(await fetch(`${service.operations}/dead-letters${query}`))).items

const letterIn = (shop: ShopFront, queue: QueueName) =>
  eventually(`a dead letter in ${queue}`, async () => (await letters(shop, `?queue=${queue}`))[0])

const redrive = ({ service }: ShopFront, id: string) =>
  fetch(`${service.operations}/dead-letters/${id}/redrive`, { method: 'POST' })

const alertOf = ({ service }: ShopFront, { id }: DeadLetter) =>
  eventually('the alert', () =>
    service.logs.find(
      ({ level, msg, deadLetter }) => level === 'error' && msg === 'a job is dead' && deadLetter === id,
    ),
  )
