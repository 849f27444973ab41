import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { scrape } from './exposition.ts'

const DURATIONS = 'http_server_request_duration_seconds'

suite('What Prometheus is told', () => {
  const lifetime = lifetimeOfSuite()
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime)
  })

  test('Five hundred orders by id, and five hundred paths that lead nowhere, are two series', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `ord_${index}`)
    await Promise.all(ids.map((id) => shop.ask('GET', `/orders/${id}`).then((answer) => answer.text())))
    await Promise.all(ids.map((id) => shop.ask('GET', `/nowhere/${id}`).then((answer) => answer.text())))
    await shop.ask('PROPFIND', '/products')
    await shop.ask('MKCOL', '/elsewhere')
    const families = await scrape(shop.service.operations)
    const counts = (families.get(DURATIONS)?.samples ?? [])
      .filter(({ name }) => name === `${DURATIONS}_count`)
      .map(({ labels, value }) => [...Object.values(labels), value].join(' '))
    assert.deepEqual(counts.sort(), [
      'GET /orders/:id 404 500',
      'GET unmatched 404 500',
      '_OTHER unmatched 404 1',
      '_OTHER unmatched 405 1',
    ])
  })
})
