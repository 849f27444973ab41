import type { Sql } from 'postgres'
import { startFakePayment, startFakeWarehouse } from '../support/fake-dependencies.ts'
import { createDatabase, type Lifetime } from '../support/postgres.ts'
import { type ServiceProcess, startService } from '../support/service.ts'
import { connect, tokenOf } from '../support/shop.ts'

export const USER_V1 = 'application/vnd.holdfast.user+json; version=1'
export const USER_V2 = 'application/vnd.holdfast.user+json; version=2'
export const JSON_PATCH = 'application/json-patch+json'
const MERGE_PATCH = 'application/merge-patch+json'

export interface UserService {
  service: ServiceProcess
  sql: Sql
  databaseUrl: string
  /** `GET /users/me` in version 2, as somebody with the usual claims unless a token is given. */
  read(sub: string, options?: { headers?: Record<string, string>; token?: string }): Promise<Response>
  /** `PATCH /users/me`; a merge patch for whatever state, unless headers say otherwise. */
  patch(sub: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

export async function startUserService(lifetime: Lifetime): Promise<UserService> {
  const databaseUrl = await createDatabase(lifetime)
  const payment = await startFakePayment(lifetime)
  const warehouse = await startFakeWarehouse(lifetime)
  const service = await startService(lifetime, {
    databaseUrl,
    paymentUrl: payment.url,
    inventoryUrl: warehouse.url,
  })
  const url = `${service.api}/users/me`
  return {
    service,
    databaseUrl,
    sql: connect(lifetime, databaseUrl),
    async read(sub, { headers, token } = {}) {
      const authorization = `Bearer ${token ?? (await tokenOf(sub))}`
      return await fetch(url, { headers: { authorization, accept: USER_V2, ...headers } })
    },
    async patch(sub, body, headers) {
      return await fetch(url, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${await tokenOf(sub)}`,
          accept: USER_V2,
          'content-type': MERGE_PATCH,
          'if-match': '*',
          ...headers,
        },
        body: JSON.stringify(body),
      })
    },
  }
}
