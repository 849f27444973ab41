import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase } from '../support/postgres.ts'
import { PATIENT_WITH_WAREHOUSE, type ServiceProcess, startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf, V2 } from '../support/shop.ts'

suite('An order that was charged by a process that died before it could say so', () => {
  test('The warehouse first failed, and refuses it now: the money goes back', async (t) => {
    let warehouseStatus = 500
    const scene = await chargedAndKilled(t, { warehouseStatus: () => warehouseStatus })
    warehouseStatus = 409
    const survivor = await scene.start()
    await scene.settled(survivor, 409)
    await scene.returned('refunded')
  })

  test('The next one cannot ask, so it queues the charge; called off, the money goes back', async (t) => {
    let paymentStatus = 200
    const scene = await chargedAndKilled(t, { paymentStatus: () => paymentStatus })
    paymentStatus = 429
    const survivor = await scene.start({ ROLE: 'api' })
    const { id } = await scene.settled(survivor, 201)
    const cancelled = await fetch(`${survivor.api}/orders/${id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scene.token}`, accept: V2 },
    })
    assert.equal(cancelled.status, 200)
    paymentStatus = 200
    await scene.start({ ROLE: 'worker' })
    await scene.returned('refunded')
  })
})

interface Weather {
  warehouseStatus?: () => number
  paymentStatus?: () => number
}

async function chargedAndKilled(t: TestContext, { warehouseStatus, paymentStatus }: Weather) {
  const databaseUrl = await createDatabase(t)
  const sql = connect(t, databaseUrl)
  await stock(sql, { desk: 10 })
  const token = await tokenOf('somebody')
  let victim: ServiceProcess | undefined
  const payment = await startFakePayment(t, {
    ...(paymentStatus && { status: paymentStatus }),
    async meanwhile() {
      await victim?.kill()
      victim = undefined
    },
  })
  const warehouse = await startFakeWarehouse(t, warehouseStatus && { status: warehouseStatus })
  const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
  const start = (env = {}) =>
    startService(t, parts, { ...PATIENT_WITH_WAREHOUSE, ORDER_LEASE_SECONDS: '2', ...env })

  victim = await start({ ROLE: 'api' })
  await assert.rejects(place(victim.api, basket('desk'), { key: 'one', token }))
  const [charge] = payment.charges.values()
  assert.equal(charge?.status, 'captured')

  return {
    token,
    start,
    /** Asks again with the key until the order has come to its end. */
    settled: ({ api }: ServiceProcess, status: number) =>
      eventually('the answer to the key', async () => {
        const answer = await place(api, basket('desk'), { key: 'one', token })
        const body = await bodyOf(answer)
        return answer.status === status && !body.type?.endsWith('idempotency-in-progress') && body
      }),
    async returned(paymentStatus: string) {
      await eventually('the end of its money', async () => {
        const [order] = await sql`select status, payment_status from orders`
        return order?.status === 'cancelled' && order.payment_status === paymentStatus
      })
      assert.equal(payment.taken(charge.orderId), 0)
      assert.equal(payment.charges.size, 1)
      assert.deepEqual([...(await sql`select stock from products`)], [{ stock: 10 }])
      assert.deepEqual([...(await sql`select payment_token from orders`)], [{ payment_token: null }])
    },
  }
}
