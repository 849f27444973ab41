import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { toUuid } from '#src/orders/order-id.ts'
import type { Lifetime } from '../support/postgres.ts'
import { createDatabase } from '../support/postgres.ts'
import { startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, isShed, place, stock, tokenOf, V2 } from '../support/shop.ts'
import { startFaultyHttp } from './faulty-http.ts'
import { startFaultyMail } from './faulty-mail.ts'

/** The contract's, an answer whatever a dependency does, and the time that a busy machine adds. */
const LONGEST_ANSWER_MS = 12_000 + 8_000
const STOCK = 10_000

export type ShopInTrouble = Awaited<ReturnType<typeof openShopInTrouble>>

/** A process of the service, and everything that it depends on, each of which can be made to fail. */
export async function openShopInTrouble(lifetime: Lifetime, env: Record<string, string> = {}) {
  const databaseUrl = await createDatabase(lifetime)
  const sql = connect(lifetime, databaseUrl)
  await stock(sql, { desk: STOCK })
  const charged = new Map<string, number>()
  const payment = await startFaultyHttp(lifetime, {
    // Past the deadline of a call, so it becomes the time of the job.
    retryAfterSeconds: 11,
    slowMs: 7_000,
    work({ headers }, body) {
      const key = String(headers['idempotency-key'])
      const amount = Number(new URLSearchParams(body).get('amount'))
      charged.set(key, amount)
      const id = `pi_${key.replaceAll(/\W/g, '')}`
      return {
        status: 200,
        body: { id, object: 'payment_intent', status: 'succeeded', amount, currency: 'usd' },
      }
    },
  })
  const reserved = new Set<string>()
  const inventory = await startFaultyHttp(lifetime, {
    retryAfterSeconds: 2,
    slowMs: 2_000,
    work({ method, url }) {
      const orderId = url?.split('/').at(-1) ?? ''
      if (method === 'PUT') reserved.add(orderId)
      else reserved.delete(orderId)
      return { status: 200, body: {} }
    },
  })
  const email = await startFaultyMail(lifetime)
  const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: inventory.url, smtpUrl: email.url }
  const service = await startService(lifetime, parts, env)
  // Several processes start at once: until each has settled, it takes itself for overloaded.
  await eventually('readiness', async () => (await fetch(`${service.api}/readyz`)).ok)
  const token = await tokenOf('ada')
  let keys = 0
  let placed = 0

  const read = async (id: string) =>
    bodyOf(
      await fetch(`${service.api}/orders/${id}`, {
        headers: { authorization: `Bearer ${token}`, accept: V2 },
      }),
    )

  async function order(): Promise<{ id: string; status: string; tookMs: number }> {
    const key = `order-${keys++}`
    let began = performance.now()
    let answer = await place(service.api, basket('desk'), { key, token })
    // The machine is busy, which is not what is looked at here.
    while (await isShed(answer)) {
      await pause(500)
      began = performance.now()
      answer = await place(service.api, basket('desk'), { key, token })
    }
    const tookMs = performance.now() - began
    const body = await bodyOf(answer)
    assert.equal(answer.status, 201, JSON.stringify(body))
    placed++
    assert.ok(tookMs < LONGEST_ANSWER_MS, `answered after ${tookMs} ms`)
    return { id: body.id, status: body.status, tookMs }
  }

  /** The first run of a job is no retry. */
  const runs = sql`retry_count + (started_on is not null)::int`

  const hurry = () =>
    sql`update pgboss.job set start_after = now() where state in ('created', 'retry') and start_after > now()
        and name not like '%-dead' and name <> 'finish-order'`

  return {
    sql,
    payment,
    inventory,
    email,
    service,
    reserved,
    read,

    /** Nobody fails, whatever became of the test before. */
    async fairWeather(): Promise<void> {
      await Promise.all([payment, inventory, email].map((one) => one.suffer('none')))
    },

    /** Places an order of one desk and holds the answer to its time. */
    order,

    /** How often the payment service was asked for an order, by all keys there ever were. */
    chargeCalls: (id: string) => payment.calls.filter(({ body }) => body.includes(id)),
    timesCharged: (id: string) => [...charged.keys()].filter((key) => key === `order:${id}:charge`).length,

    /** The state of a circuit, as operators see it. */
    async circuit(name: 'payment' | 'inventory' | 'email'): Promise<string> {
      const { checks } = await bodyOf(await fetch(`${service.operations}/health`))
      return checks[name].circuit
    },

    /** So many orders, a few at a time. */
    async orders(count: number) {
      const all: Awaited<ReturnType<typeof order>>[] = []
      while (all.length < count)
        all.push(...(await Promise.all(Array.from({ length: Math.min(6, count - all.length) }, order))))
      return all
    },

    /** How many orders are in a state. */
    async count(status: string): Promise<number> {
      const [row] = await sql`select count(*)::int as n from orders where status = ${status}`
      return row?.n
    },

    /** How often the queue has begun its work for an order. */
    async runs(queue: string, id: string): Promise<number> {
      const [row] =
        await sql`select ${runs} as n from pgboss.job where name = ${queue} and id = ${toUuid(id)}`
      return row?.n ?? 0
    },

    /** Looks until a condition holds, while the time that queued work would wait passes quickly. */
    hurried: (what: string, look: () => Promise<boolean> | boolean) =>
      eventually(
        what,
        async () => {
          if (await look()) return true
          await hurry()
          await pause(200)
          return false
        },
        45_000,
      ),

    /**
     * The time of every job of a queue comes, twice, and each is looked at: an hour of an open circuit. The queue's
     * longest pause is five minutes, so in life there would be twelve such rounds, each the same as the one before.
     */
    async anHourPasses(queue: string): Promise<void> {
      for (let round = 0; round < 2; round++) {
        const tries = async () => {
          const [row] = await sql`select sum(${runs})::int as n, count(*)::int as jobs from pgboss.job
            where name = ${queue} and state in ('created', 'retry', 'active')`
          return { n: row?.n ?? 0, jobs: row?.jobs ?? 0 }
        }
        const { n, jobs } = await tries()
        await hurry()
        await eventually('every job to be looked at', async () => (await tries()).n >= n + jobs)
      }
    },

    /** Nothing but what was ordered is off the shelf, and no job died. */
    async assertSound(): Promise<void> {
      const [found] = await sql`select ${STOCK} - stock as sold,
        (select count(*)::int from pgboss.job where name like '%-dead') as dead from products`
      assert.deepEqual({ ...found }, { sold: placed, dead: 0 })
    },
  }
}
