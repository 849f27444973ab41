import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Agent } from 'node:http'
import { describe, test } from 'node:test'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase, type Lifetime } from '../support/postgres.ts'
import { needs } from '../support/programs.ts'
import { startService } from '../support/service.ts'
import { basket, connect, eventually, stock, tokenOf, V2 } from '../support/shop.ts'
import { edges } from './edges.ts'
import { ask } from './http-client.ts'
import { startTcpBalancer } from './tcp-balancer.ts'

/** The edge drops idle connections after a second, so the drain is longer; as 4 and 5 are in what is shipped. */
const DRAIN_SECONDS = 2
const IDLE_SECONDS = 1

/** Traffic that does not end until it is told to, and whatever went wrong with it. */
function startTraffic(lifetime: Lifetime, address: string, token: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const failures: string[] = []
  const seen = { asked: 0, failures }
  let isOver = false
  lifetime.after(async () => {
    isOver = true
    agent.destroy()
  })
  const authorization = `Bearer ${token}`
  const loop = async (expected: number, request: () => ReturnType<typeof ask>) => {
    while (!isOver) {
      seen.asked++
      const outcome = await request().then(
        ({ status, body }) => (status === expected ? undefined : `${status} ${body}`),
        String,
      )
      if (outcome !== undefined) failures.push(outcome)
    }
  }
  const read = (path: string) => () => ask(`${address}${path}`, { headers: { authorization }, agent })
  const order = () =>
    ask(`${address}/orders`, {
      method: 'POST',
      headers: { authorization, accept: V2, 'content-type': V2, 'idempotency-key': `"${randomUUID()}"` },
      body: JSON.stringify(basket('desk')),
      agent,
    })
  const loops = [
    loop(200, read('/products/desk')),
    loop(200, read('/orders?limit=1')),
    loop(201, order),
    loop(201, order),
  ]
  return {
    seen,
    async end() {
      isOver = true
      await Promise.all(loops)
    },
  }
}

describe('Two instances behind a balancer', needs('varnishd', 'nginx'), () => {
  test('Each is restarted under constant traffic, through both edges and past them, and no request fails', async (t) => {
    const databaseUrl = await createDatabase(t)
    await stock(connect(t, databaseUrl), { desk: 900_000 })
    const [payment, warehouse] = await Promise.all([startFakePayment(t), startFakeWarehouse(t)])
    const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
    const balancer = await startTcpBalancer(t)
    const begin = async () => {
      const service = await startService(t, parts, {
        DRAIN_SECONDS: String(DRAIN_SECONDS),
        PRODUCT_CACHE_MS: '0',
      })
      balancer.instances.add(service.api)
      await eventually('it to be routed to', () => balancer.ready.has(service.api))
      return service
    }
    const running = await Promise.all([begin(), begin()])
    const behind = await Promise.all(edges.map(({ start }) => start(t, balancer.port, IDLE_SECONDS)))

    const token = await tokenOf('customer-who-stays')
    const traffic = [`http://127.0.0.1:${balancer.port}`, ...behind].map((address) =>
      startTraffic(t, address, token),
    )
    for (const service of running) {
      const before = traffic.map(({ seen }) => seen.asked)
      assert.equal(await service.stop(), 0)
      balancer.instances.delete(service.api)
      balancer.ready.delete(service.api)
      for (const [index, { seen }] of traffic.entries()) {
        assert.ok(seen.asked > (before[index] ?? 0), 'requests came meanwhile')
        await eventually('more, with one instance', () => seen.asked > (before[index] ?? 0) + 10)
      }
      await begin()
    }
    await Promise.all(traffic.map(({ end }) => end()))
    for (const { seen } of traffic) assert.deepEqual(seen.failures, [])
    t.diagnostic(`${traffic.map(({ seen }) => seen.asked).join(', ')} requests`)
  })
})
