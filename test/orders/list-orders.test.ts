import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { assertProblem } from '../support/assert-problem.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, connect, place, stock, tokenOf } from '../support/shop.ts'

suite('The list of orders', () => {
  const lifetime = lifetimeOfSuite()
  let api = ''
  let token = ''
  let ids: string[] = []

  before(async () => {
    const databaseUrl = await createDatabase(lifetime)
    const sql = connect(lifetime, databaseUrl)
    const payment = await startFakePayment(lifetime)
    const warehouse = await startFakeWarehouse(lifetime)
    const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
    api = (await startService(lifetime, parts)).api
    token = await tokenOf('ada')
    await stock(sql, { pen: 100 })
    for (let key = 0; key < 7; key++) {
      const body = {
        ...basket('pen'),
        paymentToken: key === 3 ? 'pm_card_visa_chargeDeclined' : 'pm_card_visa',
      }
      const { id, orderId } = await bodyOf(await place(api, body, { key: `list-${key}`, token }))
      ids = [id ?? orderId, ...ids]
    }
    await place(api, basket('pen'), { key: 'other', token: await tokenOf('grace') })
  })

  const list = (query: string, version = 2, headers: Record<string, string> = {}) =>
    fetch(`${api}/orders${query}`, {
      headers: { authorization: `Bearer ${token}`, 'accept-version': String(version), ...headers },
    })
  const idsOf = (orders: { id: string }[]) => orders.map(({ id }) => id)

  test('Pages follow one another, newest first, and only show one’s own', async () => {
    const seen: string[] = []
    let url = '?limit=3'
    for (let pages = 1; ; pages++) {
      const answer = await list(url)
      const { items, nextCursor, _links } = await bodyOf(answer)
      seen.push(...idsOf(items))
      if (nextCursor === undefined) {
        assert.equal(pages, 3)
        assert.equal(answer.headers.get('link'), null)
        break
      }
      assert.equal(answer.headers.get('link'), `<${_links.next.href}>; rel="next"`)
      url = _links.next.href.replace('/orders', '')
      // What comes in meanwhile does not move the pages that follow.
      await place(api, basket('pen'), { key: `while-${pages}`, token })
    }
    assert.deepEqual(seen, ids)
  })

  test('Version 1 is a bare array, with the next page in Link', async () => {
    const answer = await list('?limit=1', 1)
    const orders = await bodyOf(answer)
    assert.equal(orders.length, 1)
    assert.match(answer.headers.get('link') ?? '', /^<\/orders\?limit=1&cursor=[\w-]+>; rel="next"$/)
    assert.equal(answer.headers.get('cache-control'), 'private, no-cache')
  })

  test('A status selects, and stays with the pages', async () => {
    const { items } = await bodyOf(await list('?status=payment_failed'))
    assert.deepEqual(idsOf(items), [ids[3]])
    const { _links } = await bodyOf(await list('?status=paid&limit=2'))
    assert.match(_links.next.href, /status=paid/)
    const next = await bodyOf(await list(_links.next.href.replace('/orders', '')))
    assert.equal(next.items.length, 2)
  })

  test('An unchanged list is 304', async () => {
    const etag = (await list('?limit=2')).headers.get('etag') ?? ''
    const again = await list('?limit=2', 2, { 'if-none-match': etag })
    assert.equal(again.status, 304)
    assert.equal(again.headers.get('etag'), etag)
  })

  test('The same page without a next one was still the same to a cache, which kept its Link', async () => {
    const hers = await tokenOf('edith')
    const paid = (headers: Record<string, string> = {}) =>
      list('?limit=1&status=paid', 1, { authorization: `Bearer ${hers}`, ...headers })
    const { id } = await bodyOf(await place(api, basket('pen'), { key: 'first', token: hers }))
    await place(api, basket('pen'), { key: 'second', token: hers })
    const two = await paid()
    assert.match(two.headers.get('link') ?? '', /rel="next"/)

    const headers = { authorization: `Bearer ${hers}` }
    assert.equal((await fetch(`${api}/orders/${id}/cancel`, { method: 'POST', headers })).status, 200)
    const one = await paid({ 'if-none-match': two.headers.get('etag') ?? '' })
    assert.equal(one.status, 200)
    assert.equal(one.headers.get('link'), null)
    assert.equal(await one.text(), await two.text())
  })

  test('A bad limit, status or cursor is refused, and so is a cursor of another list', async () => {
    const { nextCursor } = await bodyOf(await list('?limit=1'))
    const bad = [
      'limit=0',
      'limit=101',
      'limit=1e1',
      'limit=',
      'limit=1&limit=2',
      'status=gone',
      'status=',
      'cursor=x',
    ]
    for (const query of [...bad, `status=paid&cursor=${nextCursor}`]) {
      await assertProblem(await list(`?${query}`), { slug: 'validation-failed' })
    }
    const stranger = { authorization: `Bearer ${await tokenOf('grace')}` }
    await assertProblem(await list(`?cursor=${nextCursor}`, 2, stranger), { slug: 'validation-failed' })
    const { errors } = await bodyOf(await list('?limit=101&cursor=zz&status=zz'))
    const places = errors.map(({ pointer }: { pointer: string }) => pointer)
    assert.deepEqual(places.sort(), ['#/cursor', '#/limit', '#/status'], 'all that is wrong is told at once')
    assert.equal((await list('?colour=blue')).status, 200, 'what is unknown is passed over')
  })
})
