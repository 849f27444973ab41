import { SignJWT } from 'jose'
import postgres from 'postgres'
import type { Lifetime } from './postgres.ts'
import { SECRET } from './service.ts'

/** A token for a customer, valid for an hour. */
export function tokenOf(sub: string, claims: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT({ name: `The name of ${sub}`, email: `${sub}@shop.test`, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))
}

export const V2 = 'application/vnd.holdfast.order+json; version=2'

export interface PlaceOptions {
  key: string
  token: string
  headers?: Record<string, string>
}

/** `POST /orders` in version 2. */
export function place(api: string, body: unknown, { key, token, headers }: PlaceOptions): Promise<Response> {
  return fetch(`${api}/orders`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': V2,
      accept: V2,
      'idempotency-key': `"${key}"`,
      ...headers,
    },
    body: JSON.stringify(body),
  })
}

/** The body of an answer, as a test takes it apart: whatever it is. */
export const bodyOf = async (answer: Response) => JSON.parse(await answer.text())

/** An order of one product. */
export const basket = (productId: string, quantity = 1) => ({
  items: [{ productId, quantity }],
  paymentToken: 'pm_card_visa',
})

/** A connection of the test's own, closed with it. */
export function connect(lifetime: Lifetime, databaseUrl: string): postgres.Sql {
  const sql = postgres(databaseUrl, { max: 4, fetch_types: false, onnotice: () => {} })
  lifetime.after(() => sql.end({ timeout: 1 }))
  return sql
}

/** Puts products on sale at 10.00 each. */
export async function stock(sql: postgres.Sql, products: Record<string, number>): Promise<void> {
  for (const [id, quantity] of Object.entries(products)) {
    await sql`
      insert into products (id, name, price, currency, stock) values (${id}, ${`The ${id}`}, 1000, 'USD', ${quantity})
    `
  }
}

/** Looks again until a condition holds, and says what it was waiting for when it never does. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | false | undefined | null> | T | false | undefined | null,
  timeoutMs = 20_000,
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== false && found !== undefined && found !== null) return found
    if (performance.now() > giveUpAt) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Whether an answer is about a machine that is busy, and not about what was asked. */
export const isShed = async (answer: Response): Promise<boolean> =>
  answer.status === 503 && (await answer.clone().text()).includes('/problems/overloaded"')

/** This process does nothing meanwhile, and takes nobody's processor. */
export function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
