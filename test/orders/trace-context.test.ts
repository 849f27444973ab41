import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { startRecordingProxy } from '../support/recording-proxy.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf, V2 } from '../support/shop.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'

test('One trace and one request id lead from the client through the request and its jobs to every dependency', async (t) => {
  let paymentIs = 503
  const fakePayment = await startFakePayment(t, { status: () => paymentIs })
  const payment = await startRecordingProxy(t, fakePayment.url)
  const warehouse = await startRecordingProxy(t, (await startFakeWarehouse(t)).url)
  const databaseUrl = await createDatabase(t)
  await stock(connect(t, databaseUrl), { desk: 5 })
  const service = await startService(t, {
    databaseUrl,
    paymentUrl: payment.url,
    inventoryUrl: warehouse.url,
  })
  const token = await tokenOf('somebody')
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, 'x-request-id': 'the-request' }
  const order = await bodyOf(await place(service.api, basket('desk'), { key: 'one', token, headers }))
  assert.equal(order.status, 'payment_pending')
  const whileWaited = payment.requests.length

  paymentIs = 200
  const read = { authorization: `Bearer ${token}`, accept: V2 }
  await eventually('the queued charge', async () => {
    const { status } = await bodyOf(await fetch(`${service.api}/orders/${order.id}`, { headers: read }))
    return status === 'paid'
  })
  assert.ok(payment.requests.length > whileWaited)
  for (const asked of [...payment.requests, ...warehouse.requests]) {
    const where = `${asked.method} ${asked.path}`
    assert.match(
      String(asked.headers.traceparent),
      new RegExp(`^00-${trace}-(?!00f067aa)[0-9a-f]{16}-01$`),
      where,
    )
    assert.equal(asked.headers['x-request-id'], 'the-request', where)
  }

  const answered = () => service.logs.filter(({ msg }) => msg === 'request answered')
  await eventually('the line of a reading', () => answered().some(({ method }) => method === 'GET'))
  const lines = answered()
  const placed = lines.find(({ method }) => method === 'POST')
  assert.equal(placed?.traceId, trace)
  assert.equal(placed?.idempotency, 'miss')
  assert.ok(lines.every(({ method, traceId }) => method === 'POST' || traceId === undefined))
})
