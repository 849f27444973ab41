import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { before, suite, test } from 'node:test'
import { openShop, type ShopFront } from '../orders/shop-front.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { needs, program } from '../support/programs.ts'
import { sendRaw } from '../support/raw-http.ts'
import { basket, bodyOf, eventually, place } from '../support/shop.ts'
import { scrape, valuesOf } from './exposition.ts'

const DURATIONS = 'http_server_request_duration_seconds'

suite('What Prometheus is told', () => {
  const lifetime = lifetimeOfSuite()
  let payment = 200
  let shop: ShopFront

  before(async () => {
    shop = await openShop(lifetime, { payment: { status: () => payment } })
  })

  const values = async (name: string) => valuesOf(await scrape(shop.service.operations), name)

  test('Five hundred orders by id, and five hundred paths that lead nowhere, are two series', async () => {
    const ids = Array.from({ length: 500 }, (_, index) => `ord_${index}`)
    await Promise.all(ids.map((id) => shop.ask('GET', `/orders/${id}`).then((answer) => answer.text())))
    await Promise.all(ids.map((id) => shop.ask('GET', `/nowhere/${id}`).then((answer) => answer.text())))
    await shop.ask('PROPFIND', '/products')
    await shop.ask('MKCOL', '/elsewhere')
    assert.deepEqual(await values(`${DURATIONS}_count`), {
      'GET /orders/:id 404': 500,
      'GET unmatched 404': 500,
      '_OTHER unmatched 405': 1,
      '_OTHER unmatched 404': 1,
    })
  })

  test('What the router and the HTTP parser refuse is counted too', async () => {
    const port = Number(new URL(shop.service.api).port)
    await shop.ask('GET', '/products/%zz')
    await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n')
    await shop.ask('GET', `/products/${'x'.repeat(5_000)}`)
    const counts = await values(`${DURATIONS}_count`)
    assert.equal(counts['GET unmatched 400'], 1)
    assert.equal(counts['_OTHER unmatched 400'], 1)
    assert.equal(counts['GET unmatched 414'], 1)
  })

  test('Orders are counted by what they came to, keys by what they were found to be', async () => {
    assert.deepEqual(Object.values(await values('holdfast_orders_total')), [0, 0, 0, 0, 0, 0, 0])
    const paid = await shop.order({}, 'paid')
    await shop.order({}, 'paid')
    const { token, service } = shop
    const declined = { ...basket('desk'), paymentToken: 'pm_card_visa_chargeDeclined' }
    assert.equal((await place(service.api, declined, { key: 'declined', token })).status, 402)
    assert.equal((await place(service.api, declined, { key: 'paid', token })).status, 422)
    assert.equal((await place(service.api, basket('desk', 999), { key: 'twice', token })).status, 201)
    assert.equal((await place(service.api, basket('desk', 999), { key: 'short', token })).status, 409)
    assert.equal((await shop.ask('POST', `/orders/${paid.id}/cancel`)).status, 200)
    payment = 503
    assert.equal(
      (await shop.order({ items: [{ productId: 'lamp', quantity: 1 }] })).status,
      'payment_pending',
    )
    const failing = { items: [{ productId: 'lamp', quantity: 1 }], paymentToken: declined.paymentToken }
    const later = await bodyOf(await place(service.api, failing, { key: 'later', token }))
    assert.equal(later.status, 'payment_pending')
    payment = 200
    await eventually('the jobs to be done', async () => {
      const orders = await values('holdfast_orders_total')
      return orders.refunded === 1 && orders.paid === 3 && orders.payment_failed === 1
    })
    assert.deepEqual(await values('holdfast_orders_total'), {
      paid: 3,
      payment_pending: 2,
      declined: 1,
      insufficient_stock: 1,
      payment_failed: 1,
      cancelled: 1,
      refunded: 1,
    })
    assert.deepEqual(await values('holdfast_idempotency_total'), {
      miss: 6,
      hit: 1,
      conflict: 1,
      in_progress: 0,
    })
    const calls = await values('holdfast_dependency_calls_total')
    assert.ok((calls['payment success'] ?? 0) >= 6 && (calls['payment failure'] ?? 0) >= 2)
    assert.ok(((await values('holdfast_dependency_retries_total')).payment ?? 0) >= 1)
  })

  test('Everything else of the table has its values', async () => {
    const families = await scrape(shop.service.operations)
    const circuit = valuesOf(families, 'holdfast_circuit_state')
    for (const dependency of ['payment', 'inventory', 'email']) {
      const states = ['closed', 'open', 'half-open'].map((state) => circuit[`${dependency} ${state}`] ?? 0)
      assert.equal(
        states.reduce((sum, value) => sum + value),
        1,
      )
    }
    assert.equal(Object.keys(valuesOf(families, 'holdfast_queue_jobs')).length, 6 * 3)
    assert.deepEqual(Object.keys(valuesOf(families, 'holdfast_dead_letters_total')).length, 6)
    assert.deepEqual(valuesOf(families, 'holdfast_requests_shed_total'), { first: 0, middle: 0, last: 0 })
    assert.deepEqual(valuesOf(families, 'holdfast_faults_total'), {
      uncaughtException: 0,
      unhandledRejection: 0,
    })
    assert.deepEqual(Object.values(valuesOf(families, 'holdfast_build_info')), [1])
    const { used = 0, idle = 0 } = valuesOf(families, 'db_client_connection_count')
    assert.equal(used + idle, valuesOf(families, 'db_client_connection_max')[''])
    const started = valuesOf(families, 'process_start_time_seconds')[''] ?? 0
    assert.ok(Math.abs(Date.now() / 1_000 - started) < 600)
    for (const name of [
      'process_resident_memory_bytes',
      'nodejs_heap_size_used_bytes',
      'process_cpu_seconds_total',
    ])
      assert.ok((valuesOf(families, name)[''] ?? 0) > 0, name)
    for (const name of [
      'http_server_active_requests',
      'holdfast_rate_limited_total',
      'holdfast_queue_oldest_seconds',
      'holdfast_queue_overdue_seconds',
      'holdfast_dead_letters',
      'db_client_connection_pending_requests',
      'db_client_connection_timeouts_total',
      'nodejs_eventloop_delay_p99_seconds',
      'nodejs_eventloop_utilization_ratio',
    ])
      assert.ok(families.has(name), name)
  })

  test('A request is active while it is answered, and no longer once its client has gone', async () => {
    const { hostname, port } = new URL(shop.service.api)
    const half = connect(Number(port), hostname)
    half.write('POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n')
    half.write(
      `Authorization: Bearer ${shop.token}\r\nContent-Type: application/json\r\nIdempotency-Key: half\r\n\r\n`,
    )
    await eventually('it to be active', async () => (await values('http_server_active_requests'))[''] === 1)
    half.destroy()
    await eventually('it to be gone', async () => (await values('http_server_active_requests'))[''] === 0)
  })

  test(
    "Prometheus' own tool reads it, and has nothing to say but about one name",
    needs('promtool'),
    async () => {
      const text = await (await fetch(`${shop.service.operations}/metrics`)).text()
      const { stdout, stderr } = spawnSync(program('promtool'), ['check', 'metrics'], { input: text })
      const said = `${stdout}${stderr}`.split('\n').filter((line) => line !== '')
      // OpenTelemetry's name ends as Prometheus would have only histograms end; a name that others look for stays.
      assert.deepEqual(
        said.filter((line) => !line.startsWith('db_client_connection_count non-histogram')),
        [],
      )
    },
  )

  test('A worker tells the same, but for requests that it does not serve', async () => {
    const worker = await shop.startAnother({ ROLE: 'worker', HOST: '0.0.0.0' })
    const families = await scrape(worker.operations)
    assert.deepEqual(valuesOf(families, `${DURATIONS}_count`), {})
    assert.deepEqual([...families.keys()], [...(await scrape(shop.service.operations)).keys()])
  })

  test('Who makes too many requests is counted, and each listener is named once, also on all addresses', async () => {
    const limited = await shop.startAnother({ RATE_LIMIT_MAX: '2', HOST: '0.0.0.0', ROLE: 'api' })
    for (let i = 0; i < 5; i++) await fetch(`${limited.api}/products`)
    assert.deepEqual(valuesOf(await scrape(limited.operations), 'holdfast_rate_limited_total'), { '': 3 })
    const lines = limited.logs
      .map(({ msg }) => String(msg))
      .filter((line) => /listens? |listening/i.test(line))
    assert.deepEqual(lines, [`api listens at ${limited.api}`, `operations listens at ${limited.operations}`])
    assert.match(limited.api, /^http:\/\/0\.0\.0\.0:\d+$/)
  })
})
