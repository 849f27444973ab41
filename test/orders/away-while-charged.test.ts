import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTcpProxy } from '../chaos/tcp-proxy.ts'
import { closedPort } from '../dependencies/fake-server.ts'
import { assertProblem } from '../support/assert-problem.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'

test('An order whose database goes away while it is charged is a 503 that says it is placed, and the same key finds it', async (t) => {
  const url = new URL(await createDatabase(t))
  const sql = connect(t, url.href)
  await stock(sql, { desk: 10 })
  const port = Number(url.port)
  const nowhere = await closedPort()
  let away = false
  const network = await startTcpProxy(t, () => (away ? nowhere : port))
  url.port = String(network.port)
  const payment = await startFakePayment(t, {
    async meanwhile({ attempts }) {
      if (attempts > 1) return
      away = true
      network.cut(1, () => 0)
    },
  })
  const warehouse = await startFakeWarehouse(t)
  const { api } = await startService(
    t,
    { databaseUrl: url.href, paymentUrl: payment.url, inventoryUrl: warehouse.url },
    { PUBLIC_URL: 'https://shop.test', ORDER_LEASE_SECONDS: '2', ROLE: 'api' },
  )
  const order = { key: 'one', token: await tokenOf('somebody') }

  const refused = await place(api, basket('desk'), order)
  assert.deepEqual(
    [...payment.charges.values()].map(({ status }) => status),
    ['captured'],
  )
  const { detail } = await assertProblem(refused, { status: 503, slug: 'service-unavailable' })
  assert.match(String(detail), /^The order was placed and may have been charged\b.*same Idempotency-Key/)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  const { meaning } = await bodyOf(await fetch(`${api}/problems/service-unavailable`))
  assert.doesNotMatch(meaning, /nothing was charged/i)
  assert.match(meaning, /may have been done/)

  away = false
  const found = await eventually('the answer to the key', async () => {
    const answer = await place(api, basket('desk'), order)
    return answer.status === 201 && (await bodyOf(answer))
  })
  assert.deepEqual([found.status, payment.charges.size, payment.taken(found.id)], ['paid', 1, 1])
  assert.equal((await sql`select from orders`).length, 1)
})
