import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import { productsAt } from './start/products-at.ts'

/** A shop that is open. */
export interface Shop {
  /** The public API. */
  readonly api: string
  /** Of the customer who orders. */
  readonly token: string
}

export interface CustomersOptions {
  /** Undefined until it opens. */
  readonly shop: () => Shop | undefined
}

const MOST_ORDERS = 100
/** Slow enough to watch a circuit open in the midst of them, quick enough not to wait for it. */
const PAUSE_MS = 200

/** `POST /orders` with `{ "orders": 20 }`: customers come in one after the other, so that there is something to watch. */
export const customers: FastifyPluginAsync<CustomersOptions> = async (app, { shop }) => {
  const closing = new AbortController()
  app.addHook('onClose', async () => closing.abort())

  app.post('/orders', async (request, reply) => {
    const { orders } = Object(request.body)
    if (!Number.isInteger(orders) || orders < 1 || orders > MOST_ORDERS) {
      return reply.code(400).send({ errors: [`orders must be an integer from 1 to ${MOST_ORDERS}`] })
    }
    const open = shop()
    if (open === undefined) {
      return reply.code(409).send({ errors: ['there is no shop, or nobody who may order there'] })
    }
    send(open, orders, closing.signal).catch((error: unknown) => {
      if (!closing.signal.aborted) console.error(`The customers stay away: ${error}`)
    })
    return reply.code(202).send({ orders })
  })
}

async function send({ api, token }: Shop, orders: number, signal: AbortSignal): Promise<void> {
  const products = await productsAt(api)
  // Whatever they choose, there is enough of it for all of them: what is broken here is never the stock.
  const plenty = products.filter(({ quantity }) => quantity >= orders)
  const inStock = plenty.length > 0 ? plenty : products.filter(({ quantity }) => quantity > 0)
  for (let index = 0; index < orders; index++) {
    const product = inStock[Math.floor(Math.random() * inStock.length)]
    const body = {
      items: [{ productId: product?.id ?? 'sold-out', quantity: 1 }],
      paymentToken: 'pm_card_visa',
    }
    // Nobody waits for the one before: it may hang.
    fetch(`${api}/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/vnd.holdfast.order+json; version=2',
        'idempotency-key': `"${randomUUID()}"`,
      },
      body: JSON.stringify(body),
      signal,
    })
      .then((answer) => answer.arrayBuffer())
      .catch(() => {})
    await pause(PAUSE_MS, undefined, { signal })
  }
}
