import assert from 'node:assert/strict'
import type { Sql } from 'postgres'
import {
  type FakePayment,
  type FakeWarehouse,
  startFakePayment,
  startFakeWarehouse,
} from '../support/fake-dependencies.ts'
import { createDatabase, type Lifetime } from '../support/postgres.ts'
import { PATIENT_WITH_WAREHOUSE, type ServiceProcess, startService } from '../support/service.ts'
import { basket, bodyOf, connect, eventually, place, stock, tokenOf, V2 } from '../support/shop.ts'

/** A shop that sells desks and lamps, with a customer who is known to it. */
export interface ShopFront {
  service: ServiceProcess
  databaseUrl: string
  sql: Sql
  payment: FakePayment
  warehouse: FakeWarehouse
  token: string
  /** Places an order of one desk, and says what became of it. */
  order(body?: object, key?: string): Promise<PlacedOrder>
  /** Sends a request about an order, by default in version 2. */
  ask(method: string, path: string, options?: AskOptions): Promise<Response>
  startAnother(env?: Record<string, string>): Promise<ServiceProcess>
}

export interface PlacedOrder {
  id: string
  etag: string
  status: string
}

export interface AskOptions {
  headers?: Record<string, string>
  body?: unknown
  token?: string
  api?: string
}

export interface ShopFrontOptions {
  payment?: Parameters<typeof startFakePayment>[1]
  warehouse?: Parameters<typeof startFakeWarehouse>[1]
  env?: Record<string, string>
}

export async function openShop(lifetime: Lifetime, options: ShopFrontOptions = {}): Promise<ShopFront> {
  const databaseUrl = await createDatabase(lifetime)
  const sql = connect(lifetime, databaseUrl)
  await stock(sql, { desk: 1_000, lamp: 1_000 })
  const payment = await startFakePayment(lifetime, options.payment)
  const warehouse = await startFakeWarehouse(lifetime, options.warehouse)
  const parts = { databaseUrl, paymentUrl: payment.url, inventoryUrl: warehouse.url }
  const startAnother = (env = options.env) =>
    startService(lifetime, parts, { ...PATIENT_WITH_WAREHOUSE, ...env })
  const service = await startAnother()
  const token = await tokenOf('somebody')
  let orders = 0

  return {
    service,
    databaseUrl,
    sql,
    payment,
    warehouse,
    token,
    startAnother,
    async order(body = {}, key = `order-${orders++}`) {
      const answer = await place(service.api, { ...basket('desk'), ...body }, { key, token })
      const text = await answer.text()
      assert.equal(answer.status, 201, text)
      const { id, status } = JSON.parse(text)
      return { id, status, etag: answer.headers.get('etag') ?? '' }
    },
    ask(method, path, { headers, body, token: other = token, api = service.api } = {}) {
      return fetch(`${api}${path}`, {
        method,
        headers: { authorization: `Bearer ${other}`, accept: V2, ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
    },
  }
}

export const JSON_PATCH = 'application/json-patch+json'
export const MERGE_PATCH = 'application/merge-patch+json'

/** Headers of a patch. */
export const patching = (ifMatch: string, contentType = MERGE_PATCH) => ({
  'content-type': contentType,
  'if-match': ifMatch,
})

/** Waits for the end of an order's money, and holds everything against having been done once. */
export async function assertReturned(shop: ShopFront, id: string, paymentStatus: string, refunds: number) {
  await eventually(`the payment to be ${paymentStatus}`, async () => {
    const order = await bodyOf(await shop.ask('GET', `/orders/${id}`))
    assert.equal(order.status, 'cancelled')
    return order.payment.status === paymentStatus
  })
  assert.equal(shop.payment.taken(id), 0)
  assert.equal(shop.payment.charges.get(`order:${id}:charge`)?.refunds ?? 0, refunds)
  assert.deepEqual([...(await shop.sql`select stock from products where id = 'desk'`)], [{ stock: 1_000 }])
  assert.deepEqual([...(await shop.sql`select payment_token from orders`)], [{ payment_token: null }])
}
