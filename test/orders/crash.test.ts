import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { lifetimeOfSuite } from '../support/lifetime.ts'
import { createDatabase, type Lifetime } from '../support/postgres.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { basket, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'

/**
 * A process is killed at each named point of an order's life, and another is started, which is the next to be killed.
 * Whatever the point: one order, one charge, the right stock, and every later answer to the key the same, byte for byte.
 */
const POINTS = [
  'while the order is being placed',
  'while the warehouse is asked',
  'while the payment service is asked',
  'after the charge, before it is written down',
  'after it is written down',
] as const
const WHO = {
  retry: "the client's retry finds one order, charged once",
  completer: 'nobody retries, and the completer finishes it',
}

suite('A process killed at any point of an order', { concurrency: 1 }, () => {
  const lifetime = lifetimeOfSuite()
  let shop: Shop

  before(async () => {
    shop = await openShop(lifetime)
  })

  for (const point of POINTS) {
    test(`${point}: ${WHO.retry}`, async () => {
      const key = `${POINTS.indexOf(point)}-retry`
      await shop.killAt(point, key)
      const survivor = await shop.startAnother()
      await assertOneOrder(shop, key, await retryUntilAnswered(survivor, key, shop.token))
    })

    test(`${point}: ${WHO.completer}`, async () => {
      const key = `${POINTS.indexOf(point)}-completer`
      await shop.killAt(point, key)
      await shop.startAnother()
      await eventually('the order to be settled', async () => {
        const [order] = await shop.sql`select status from orders where idempotency_key = ${key}`
        // Killed before the statement was sent: there is nothing to finish, and nothing may be left.
        return order === undefined ? point === POINTS[0] : order.status === 'paid'
      })
    })
  }

  test('after all of it: as many keys and as much gone from stock as there are orders, each charged once', async () => {
    const [left] = await shop.sql`select
      (select count(*)::int from orders) as orders, (select count(*)::int from idempotency_keys) as keys,
      (select count(*)::int from orders where status = 'paid') as paid, (select 100 - stock from products) as sold`
    assert.ok(left !== undefined)
    const { orders } = left
    assert.ok(orders >= POINTS.length * 2 - 1, `${orders} orders`)
    assert.deepEqual(left, { orders, keys: orders, paid: orders, sold: orders })
    assert.equal(shop.payment.charges.size, orders)
    for (const { orderId } of shop.payment.charges.values()) assert.equal(shop.payment.taken(orderId), 1)
  })
})

interface Shop {
  sql: ReturnType<typeof connect>
  payment: Awaited<ReturnType<typeof startFakePayment>>
  token: string
  /** Places an order, and kills the process that runs when it has come to the point. */
  killAt: (point: (typeof POINTS)[number], key: string) => Promise<void>
  startAnother: () => Promise<ServiceProcess>
}

async function openShop(lifetime: Lifetime): Promise<Shop> {
  const databaseUrl = await createDatabase(lifetime)
  const sql = connect(lifetime, databaseUrl)
  await stock(sql, { desk: 100 })
  const token = await tokenOf('somebody')

  let running: ServiceProcess | undefined
  /** Where the one that runs is to be killed; once it is dead, whoever comes after it is answered. */
  let deadly: (typeof POINTS)[number] | undefined
  let killed: Promise<void> | undefined
  const kill = async () => {
    const dying = running
    running = undefined
    deadly = undefined
    await dying?.kill()
  }
  const payment = await startFakePayment(lifetime, {
    async meanwhile() {
      if (deadly === POINTS[2]) await kill()
      if (deadly === POINTS[3]) killed = (await whileLocked(sql, 'orders', kill)).done
    },
  })
  const warehouse = await startFakeWarehouse(lifetime, {
    meanwhile: async () => (deadly === POINTS[1] ? kill() : undefined),
  })
  const startAnother = async () => {
    running = await startService(
      lifetime,
      { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url },
      { ORDER_LEASE_SECONDS: '2' },
    )
    return running
  }

  return {
    sql,
    payment,
    token,
    startAnother,
    async killAt(point, key) {
      const victim = running ?? (await startAnother())
      deadly = point
      killed = point === POINTS[0] ? (await whileLocked(sql, 'products', kill)).done : undefined
      const request = place(victim.api, basket('desk'), { key, token }).catch(() => undefined)
      if (point === POINTS[4]) {
        await eventually('the settlement', async () => {
          const [order] = await sql`select status from orders where idempotency_key = ${key}`
          return order?.status === 'paid'
        })
        await kill()
      }
      await request
      await killed
      assert.ok(running === undefined, 'the process was killed where it should be')
    },
  }
}

/** Locks what the next statement needs; `done` when that statement waits and the process behind it was killed. */
async function whileLocked(
  sql: Shop['sql'],
  table: 'products' | 'orders',
  kill: () => Promise<void>,
): Promise<{ done: Promise<void> }> {
  const { promise: locked, resolve } = Promise.withResolvers<void>()
  const done = sql.begin(async (held) => {
    await held`select from ${held(table)} for update`
    resolve()
    await eventually('the statement that waits', async () => {
      const waiting = await sql`select from pg_stat_activity where wait_event_type = 'Lock'
        and application_name = 'holdfast' and datname = current_database()`
      return waiting.length > 0
    })
    await kill()
  })
  await locked
  return { done }
}

async function retryUntilAnswered(
  { api }: ServiceProcess,
  key: string,
  token: string,
): Promise<[Response, Response]> {
  const first = await eventually('an answer to the retry', async () => {
    const answer = await place(api, basket('desk'), { key, token })
    if (answer.status === 409) assert.ok(Number(answer.headers.get('retry-after')) > 0)
    return answer.status === 201 && answer
  })
  return [first, await place(api, basket('desk'), { key, token })]
}

async function assertOneOrder({ sql, payment }: Shop, key: string, [first, second]: [Response, Response]) {
  assert.equal(second.headers.get('idempotency-replayed'), 'true')
  assert.equal(first.headers.get('etag'), second.headers.get('etag'))
  const body = await first.text()
  assert.equal(body, await second.text())

  const { id, status } = JSON.parse(body)
  assert.equal(status, 'paid')
  assert.equal(payment.taken(id), 1)
  const charges = [...payment.charges.values()].filter(({ orderId }) => orderId === id)
  assert.equal(charges.length, 1, 'one key, whoever asked')
  const orders = await sql`select payment_token from orders where idempotency_key = ${key}`
  assert.deepEqual([...orders], [{ payment_token: null }])
}
