import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { PRODUCTS, productIdOf } from '../database.ts'
import { type LoadClient, statusOf } from '../load/client.ts'
import { requestText } from '../load.ts'
import { ORDER_TYPE, PRODUCT_TYPE } from '../service.ts'

/** In the soak's shop, and nobody can have it. */
export const SOLD_OUT = 'sold-out'

/** How long a customer who was told that it is too much waits: what a client does for Retry-After, in small. */
const TURNED_AWAY_MS = 100

/** Told of each answer: what was asked, with which status, and whether that is one it may have. */
export type OnAnswer = (what: string, status: number, expected: boolean) => void

/**
 * One visit to the shop on one connection, a dozen requests: looks at a product twice, orders it, asks again, reads,
 * lists, sometimes calls it off; and makes one of the mistakes that clients make.
 *
 * @param token whose orders they are
 */
export async function visit(client: LoadClient, url: string, token: string, onAnswer: OnAnswer) {
  const own = { authorization: `Bearer ${token}`, accept: ORDER_TYPE }
  const productId = productIdOf(randomInt(PRODUCTS))

  const product = await get(`/products/${productId}`, { accept: PRODUCT_TYPE }, 200)
  // Another order may have changed its stock meanwhile.
  const known = { accept: PRODUCT_TYPE, 'if-none-match': headerOf(product, 'etag') }
  await get(`/products/${productId}`, known, 304, 200)
  await get('/products?limit=20', { accept: 'application/json' }, 200)

  const key = randomUUID()
  const declined = randomInt(20) === 0
  const paymentToken = declined ? 'pm_card_visa_chargeDeclined' : 'pm_card_visa'
  const order = { items: [{ productId, quantity: 1 + randomInt(3) }], paymentToken }
  const placed = await place(order, key, declined ? 402 : 201)
  await place(order, key, statusOf(placed))
  if (statusOf(placed) === 201) {
    const path = headerOf(placed, 'location')
    const read = await get(path, own, 200)
    // Its charge may have been queued, and settled meanwhile.
    await get(path, { ...own, 'if-none-match': headerOf(read, 'etag') }, 304, 200)
    if (randomInt(4) === 0) await ask('cancel', 'POST', `${path}/cancel`, own, '', 200)
  }
  await get('/orders?limit=10', { ...own, accept: 'application/json' }, 200)

  const mistakes = [
    () => get('/orders', { accept: 'application/json' }, 401),
    () => get('/orders/ord_00000000000000000000000000', own, 404),
    () => get(`/products/${productId}`, { accept: 'text/html' }, 406),
    () => place({ ...order, paymentToken: 7 }, randomUUID(), 400),
    () => place({ ...order, items: [{ productId: SOLD_OUT, quantity: 1 }] }, randomUUID(), 409),
    () => place({ ...order, items: [{ productId, quantity: 9 }] }, key, 422),
  ]
  await mistakes[randomInt(mistakes.length)]?.()

  function place(body: unknown, idempotencyKey: string, ...expected: number[]): Promise<string> {
    const headers = { ...own, 'content-type': ORDER_TYPE, 'idempotency-key': `"${idempotencyKey}"` }
    return ask('place', 'POST', '/orders', headers, JSON.stringify(body), ...expected)
  }

  function get(path: string, headers: Record<string, string>, ...expected: number[]): Promise<string> {
    return ask(`GET ${path.split(/[/?]/)[1]}`, 'GET', path, headers, undefined, ...expected)
  }

  async function ask(
    what: string,
    method: string,
    path: string,
    headers: Record<string, string>,
    text: string | undefined,
    ...expected: number[]
  ): Promise<string> {
    const request = requestText(url, path, headers, text === undefined ? undefined : { method, text })
    for (;;) {
      const answer = await client.ask(request)
      const status = statusOf(answer)
      // Load that is shed is the service at work, and no answer to go on with.
      onAnswer(what, status, status === 503 || expected.includes(status))
      if (status !== 503) return answer
      await pause(TURNED_AWAY_MS)
    }
  }
}

function headerOf(answer: string, name: string): string {
  const end = answer.indexOf('\r\n\r\n')
  return new RegExp(`\r\n${name}: ([^\r\n]*)`, 'i').exec(answer.slice(0, end))?.[1] ?? ''
}
