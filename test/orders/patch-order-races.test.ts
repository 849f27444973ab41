import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { fromUuid } from '#src/orders/order-id.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { basket, bodyOf, eventually, place } from '../support/shop.ts'
import { JSON_PATCH, openShop, patching } from './shop-front.ts'

suite('PATCH /orders/{id} and others at once', { concurrency: 1 }, () => {
  test('Of twenty patches with one tag exactly one wins, and the others are told the tag of now', async (t) => {
    const shop = await openShop(t)
    const { id, etag } = await shop.order()
    const path = `/orders/${id}`
    const answers = await Promise.all(
      // Half of them want the very same change.
      Array.from({ length: 20 }, (_, n) =>
        shop.ask('PATCH', path, { headers: patching(etag), body: { note: n % 2 ? 'same' : `n ${n}` } }),
      ),
    )
    const [winner, ...more] = answers.filter(({ status }) => status === 200)
    assert.ok(winner !== undefined)
    assert.equal(more.length, 0)
    const current = winner.headers.get('etag') ?? ''
    for (const loser of answers.filter((answer) => answer !== winner)) {
      await assertProblem(loser, { slug: 'precondition-failed', headers: { etag: current } })
    }
    const read = await shop.ask('GET', path)
    assert.equal(read.headers.get('etag'), current)
    assert.equal((await bodyOf(read)).note, (await bodyOf(winner)).note)
  })

  test('Patches under the star each find the newest, and none is lost', async (t) => {
    const shop = await openShop(t)
    const { id } = await shop.order()
    const path = `/orders/${id}`
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        shop.ask('PATCH', path, { headers: patching('*'), body: { metadata: { [`k${n}`]: 'v' } } }),
      ),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const body = await bodyOf(await shop.ask('GET', path))
    assert.equal(Object.keys(body.metadata).length, 10)
    assert.equal(body.revision, 12)
  })

  test('A patch while the charge is in flight is kept, and the order is settled all the same', async (t) => {
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    const shop = await openShop(t, {
      payment: {
        async meanwhile() {
          asked.resolve()
          await answered.promise
        },
      },
    })
    const placing = place(shop.service.api, basket('desk'), { key: 'patched', token: shop.token })
    await asked.promise
    const [order] = await shop.sql`select id, status from orders`
    assert.equal(order?.status, 'pending')
    const path = `/orders/${fromUuid(order.id)}`
    const patch = [{ op: 'add', path: '/note', value: 'while it was charged' }]
    const headers = patching('*', JSON_PATCH)
    const patched = await shop.ask('PATCH', path, { headers, body: patch })
    assert.equal(patched.status, 200)
    assert.equal((await bodyOf(patched)).status, 'pending')
    answered.resolve()

    const placed = await placing
    const text = await placed.text()
    assert.equal(placed.status, 201, text)
    const body = JSON.parse(text)
    assert.deepEqual([body.status, body.note, body.revision], ['paid', 'while it was charged', 3])
    assert.equal(shop.payment.taken(body.id), 1)
    const replay = await place(shop.service.api, basket('desk'), { key: 'patched', token: shop.token })
    assert.equal(await replay.text(), text)
    const read = await shop.ask('GET', path)
    assert.equal(read.headers.get('etag'), placed.headers.get('etag'))
  })

  test('A patch of an order whose charge is queued does not keep it from being charged once', async (t) => {
    let failing = true
    const shop = await openShop(t, { payment: { status: () => (failing ? 500 : 200) } })
    const { id, status } = await shop.order()
    assert.equal(status, 'payment_pending')
    const path = `/orders/${id}`
    const patched = await shop.ask('PATCH', path, { headers: patching('*'), body: { note: 'still mine' } })
    assert.equal(patched.status, 200)
    failing = false
    const paid = await eventually('the charge', async () => {
      const body = await bodyOf(await shop.ask('GET', path))
      return body.status === 'paid' && body
    })
    assert.equal(paid.note, 'still mine')
    assert.equal(shop.payment.taken(id), 1)
  })
})
