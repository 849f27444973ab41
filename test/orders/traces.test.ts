import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { readConfig } from '#src/config.ts'
import { startTracing } from '#src/tracing.ts'
import { type ReceivedSpan, startCollector } from '../support/collector.ts'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { startRecordingProxy } from '../support/recording-proxy.ts'
import { PATIENT_WITH_WAREHOUSE, SECRET, startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = '00f067aa0ba902b7'
const sampled = { traceparent: `00-${trace}-${caller}-01` }

/** A shop whose payment service can be told to fail, before proxies that write down what it asks. */
async function openTracedShop(t: TestContext, env: Record<string, string>) {
  const state = { payment: 200 }
  const payment = await startRecordingProxy(
    t,
    (await startFakePayment(t, { status: () => state.payment })).url,
  )
  const warehouse = await startRecordingProxy(t, (await startFakeWarehouse(t)).url)
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  await stock(sql, { desk: 1_000 })
  const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
  const service = await startService(t, parts, { ...PATIENT_WITH_WAREHOUSE, ...env })
  const token = await tokenOf('somebody')
  const order = (key: string, headers: Record<string, string> = {}) =>
    place(service.api, basket('desk'), { key, token, headers })
  return { state, payment, warehouse, sql, service, order }
}

/**
 * Until so many spans of a name are there, and with them whatever ended before: a process that ends waits for its traces
 * no longer than two seconds.
 */
const received = (spans: ReceivedSpan[], name: string, count: number) =>
  eventually(`${count} spans of ${name}`, () => spans.filter((span) => span.name === name).length >= count)

test('One order with a queued charge is one trace, and every part of it has the right parent', async (t) => {
  const collector = await startCollector(t)
  const shop = await openTracedShop(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'orders-under-test',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=tests,note=a%2Cb',
  })
  shop.state.payment = 503
  const order = await bodyOf(await shop.order('one', sampled))
  assert.equal(order.status, 'payment_pending')
  const whileWaited = shop.payment.requests.length
  shop.state.payment = 200
  await eventually('the queued charge', async () => {
    const [row] = await shop.sql`select status from orders`
    return row?.status === 'paid'
  })
  await eventually('the mail to be tried', async () => {
    const tried =
      await shop.sql`select from pgboss.job where name = 'send-mail' and retry_count + (state = 'retry')::int > 0`
    return tried.length === 1
  })
  await fetch(`${shop.service.api}/livez`)
  const { spans } = collector
  await received(spans, 'POST /orders', 1)
  await received(spans, 'process send-mail', 1)
  assert.equal(await shop.service.stop(), 0)

  assert.ok(spans.every(({ name }) => !name.includes('livez')))
  const own = spans.filter(({ traceId }) => traceId === trace)
  assert.deepEqual(
    spans.filter((span) => !own.includes(span)),
    [],
    'nothing stands outside of the trace',
  )
  const named = (name: string) => own.filter((span) => span.name === name)
  const childrenOf = ({ spanId }: ReceivedSpan) => own.filter(({ parentSpanId }) => parentSpanId === spanId)
  const one = (found: ReceivedSpan[], what: string) => {
    assert.equal(found.length, 1, `one ${what} among ${own.map(({ name }) => name)}`)
    return found[0] ?? assert.fail()
  }

  const server = one(named('POST /orders'), 'request')
  assert.equal(server.parentSpanId, caller)
  assert.equal(server.kind, 2)
  assert.equal(server.attributes['http.response.status_code'], 201)
  assert.equal(server.resource['service.name'], 'orders-under-test')
  assert.equal(server.resource['deployment.environment.name'], 'tests')
  assert.equal(server.resource.note, 'a,b')

  const inRequest = childrenOf(server).map(({ name }) => name)
  const statement = one(named('select place_orders'), 'statement that places')
  assert.equal(statement.parentSpanId, server.spanId)
  assert.equal(statement.attributes['db.system.name'], 'postgresql')
  assert.ok(!JSON.stringify(own).includes('pm_card_visa'), 'no value of a statement is told')
  for (const name of ['select place_orders', 'inventory call', 'payment call', 'select move_orders'])
    assert.ok(inRequest.includes(name), `${name} among ${inRequest}`)

  const job = one(
    named('process charge-order').filter(({ attributes }) => attributes['holdfast.job.outcome'] === 'done'),
    'job',
  )
  assert.equal(job.kind, 5)
  assert.equal(job.parentSpanId, server.spanId)
  const inJob = childrenOf(job).map(({ name }) => name)
  for (const name of ['update orders', 'payment call', 'select move_orders'])
    assert.ok(inJob.includes(name), `${name} among ${inJob}`)
  const mail = one(named('process send-mail').slice(0, 1), 'mail')
  assert.equal(mail.parentSpanId, job.spanId, 'what a job calls for is its child')

  const attempts = own.filter(({ name }) => name === 'payment attempt' || name === 'inventory attempt')
  const sent = [...shop.payment.requests, ...shop.warehouse.requests].map(
    ({ headers }) => headers.traceparent,
  )
  assert.ok(whileWaited > 1, 'it was tried again while the client waited')
  assert.deepEqual(sent.toSorted(), attempts.map(({ spanId }) => `00-${trace}-${spanId}-01`).toSorted())
  for (const attempt of attempts) {
    const call = one(
      own.filter(({ spanId }) => spanId === attempt.parentSpanId),
      'call',
    )
    assert.match(call.name, /^(?:payment|inventory) call$/)
    assert.ok(
      [server.spanId, job.spanId, ...named('process charge-order').map(({ spanId }) => spanId)].includes(
        call.parentSpanId ?? '',
      ),
    )
  }
})

test('Orders that go together in one statement are each in their own trace, and the statement names them all', async (t) => {
  const collector = await startCollector(t)
  const shop = await openTracedShop(t, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces` })
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => shop.order(`order-${index}`)))
  assert.ok(answers.every(({ status }) => status === 201))
  await received(collector.spans, 'POST /orders', 20)
  await shop.service.stop()
  const servers = collector.spans.filter(({ name }) => name === 'POST /orders')
  assert.equal(new Set(servers.map(({ traceId }) => traceId)).size, 20)
  const statements = collector.spans.filter(({ name }) => name === 'select place_orders')
  assert.ok(statements.length < 20, 'some went together')
  const named = statements.flatMap(({ parentSpanId, links = [] }) => [
    parentSpanId,
    ...links.map(({ spanId }) => spanId),
  ])
  assert.deepEqual(named.toSorted(), servers.map(({ spanId }) => spanId).toSorted())
  for (const { traceId, parentSpanId } of collector.spans.filter(({ name }) => name === 'payment call')) {
    assert.equal(servers.find(({ spanId }) => spanId === parentSpanId)?.traceId, traceId)
  }
})

test('What the caller does not keep is not sent, and its trace is passed on all the same', async (t) => {
  const collector = await startCollector(t)
  const shop = await openTracedShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  const answer = await shop.order('unsampled', { traceparent: `00-${trace}-${caller}-00` })
  assert.equal(answer.status, 201)
  await shop.service.stop()
  assert.deepEqual(collector.spans, [])
  for (const { headers } of [...shop.payment.requests, ...shop.warehouse.requests])
    assert.match(String(headers.traceparent), new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`))
})

test('A sampler that keeps nothing sends nothing', async (t) => {
  const collector = await startCollector(t)
  const shop = await openTracedShop(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
  })
  assert.equal((await shop.order('one', sampled)).status, 201)
  await shop.service.stop()
  assert.deepEqual(collector.spans, [])
})

test('Without an endpoint, and where a switch is off, there is no tracer', async () => {
  const complete = {
    DATABASE_URL: 'postgres://127.0.0.1:9/none',
    AUTH_JWT_SECRET: SECRET,
    PAYMENT_API_KEY: 'sk_test_fake',
    INVENTORY_URL: 'http://127.0.0.1:9',
    SMTP_URL: 'smtp://127.0.0.1:9',
  }
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
  const log = pino({ level: 'silent' })
  const settings: Record<string, string>[] = [
    {},
    { ...endpoint, OTEL_SDK_DISABLED: 'true' },
    { ...endpoint, OTEL_TRACES_EXPORTER: 'none' },
  ]
  for (const env of settings) {
    assert.equal(await startTracing(readConfig({ ...complete, ...env }), log), undefined)
  }
  const tracer = await startTracing(readConfig({ ...complete, ...endpoint }), log)
  assert.ok(tracer !== undefined)
  await tracer.close()
})

for (const state of ['dead', 'hanging']) {
  test(`A collector that is ${state} slows nothing down and holds nothing up, and is complained of`, async (t) => {
    const collector = await startCollector(t, { hangs: true })
    const endpoint = state === 'dead' ? 'http://127.0.0.1:9' : collector.url
    const shop = await openTracedShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })
    const times: number[] = []
    for (let index = 0; index < 8; index++) {
      const beganAt = performance.now()
      assert.equal((await shop.order(`order-${index}`)).status, 201)
      times.push(performance.now() - beganAt)
    }
    // Whoever waits for one that hangs does so for five seconds.
    assert.ok(Math.max(...times) < 5_000, `no order waits for it: ${Math.max(...times)} ms`)
    if (state === 'hanging') await eventually('the collector to be asked', () => collector.requests() > 0)
    else
      await eventually('a complaint', () =>
        shop.service.logs.some(({ msg }) => msg === 'traces are not sent'),
      )
    const beganAt = performance.now()
    assert.equal(await shop.service.stop(), 0)
    assert.ok(performance.now() - beganAt < 10_000)
  })
}
