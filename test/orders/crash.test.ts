import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { basket, connect, eventually, place, stock, tokenOf } from '../support/shop.ts'

/**
 * A process is killed at each named point of an order's life; another is started. Whatever the point: one order,
 * one charge, the right stock, and every later answer to the key the same, byte for byte.
 */
const POINTS = [
  'while the order is being placed',
  'while the warehouse is asked',
  'while the payment service is asked',
  'after the charge, before it is written down',
  'after it is written down',
] as const

suite('A process killed at any point of an order', { concurrency: 1 }, () => {
  for (const point of POINTS) {
    test(`${point}: the client's retry finds one order, charged once`, async (t) => {
      const scene = await killAt(t, point)
      const survivor = await scene.startAnother()
      const answers = await retryUntilAnswered(survivor, scene.token)
      await assertOneOrder(scene, answers)
    })

    test(`${point}: nobody retries, and the completer finishes it`, async (t) => {
      const scene = await killAt(t, point)
      await scene.startAnother()
      await eventually('the order to be settled', async () => {
        const [order] = await scene.sql`select status from orders`
        // Killed before the statement was sent: there is nothing to finish, and nothing may be left.
        return order === undefined ? point === POINTS[0] : order.status === 'paid'
      })
      const [left] = await scene.sql`select
        (select count(*)::int from orders) as orders, (select count(*)::int from idempotency_keys) as keys,
        (select 10 - stock from products) as sold`
      assert.ok(left !== undefined)
      assert.equal(left.orders, left.keys)
      assert.equal(left.orders, left.sold)
      for (const charge of scene.payment.charges.values())
        assert.equal(scene.payment.taken(charge.orderId), 1)
    })
  }
})

interface Scene {
  sql: ReturnType<typeof connect>
  payment: Awaited<ReturnType<typeof startFakePayment>>
  token: string
  startAnother: () => Promise<ServiceProcess>
}

async function killAt(t: TestContext, point: (typeof POINTS)[number]): Promise<Scene> {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  await stock(sql, { desk: 10 })
  const token = await tokenOf('somebody')

  let victim: ServiceProcess | undefined
  // Only the first process dies; whoever comes after it is answered.
  const killOnce = async () => {
    const dying = victim
    victim = undefined
    await dying?.kill()
  }
  const killWhileLocked = (table: 'products' | 'orders') => whileLocked(sql, table, killOnce)
  let killed: Promise<void> | undefined
  const payment = await startFakePayment(t, {
    async meanwhile() {
      if (victim === undefined) return
      if (point === POINTS[2]) await killOnce()
      if (point === POINTS[3]) killed = (await killWhileLocked('orders')).done
    },
  })
  const warehouse = await startFakeWarehouse(t, {
    meanwhile: async () => (point === POINTS[1] ? killOnce() : undefined),
  })
  const start = () =>
    startService(
      t,
      { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url },
      { ORDER_LEASE_SECONDS: '2' },
    )
  victim = await start()

  if (point === POINTS[0]) killed = (await killWhileLocked('products')).done
  const request = place(victim.api, basket('desk'), { key: 'crash', token }).catch(() => undefined)
  if (point === POINTS[4]) {
    await eventually('the settlement', async () => {
      const [order] = await sql`select status from orders`
      return order?.status === 'paid'
    })
    await killOnce()
  }
  await request
  await killed
  assert.equal(victim, undefined, 'the process was killed where it should be')
  return { sql, payment, token, startAnother: start }
}

/** Locks what the next statement needs; `done` when that statement waits and the process behind it was killed. */
async function whileLocked(
  sql: Scene['sql'],
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

async function retryUntilAnswered({ api }: ServiceProcess, token: string): Promise<Response[]> {
  const first = await eventually('an answer to the retry', async () => {
    const answer = await place(api, basket('desk'), { key: 'crash', token })
    if (answer.status === 409) assert.ok(Number(answer.headers.get('retry-after')) > 0)
    return answer.status === 201 && answer
  })
  return [first, await place(api, basket('desk'), { key: 'crash', token })]
}

async function assertOneOrder({ sql, payment, token }: Scene, [first, second]: Response[]) {
  assert.ok(first !== undefined && second !== undefined && token !== '')
  assert.equal(second.headers.get('idempotency-replayed'), 'true')
  assert.equal(first.headers.get('etag'), second.headers.get('etag'))
  const body = await first.text()
  assert.equal(body, await second.text())

  const { id, status } = JSON.parse(body)
  assert.equal(status, 'paid')
  assert.equal(payment.taken(id), 1)
  assert.equal(payment.charges.size, 1, 'one key, whoever asked')
  assert.deepEqual([...(await sql`select count(*)::int as orders from orders`)], [{ orders: 1 }])
  assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 9 }])
  assert.deepEqual([...(await sql`select payment_token from orders`)], [{ payment_token: null }])
}
