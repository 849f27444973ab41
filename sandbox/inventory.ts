import type { FastifyPluginAsync } from 'fastify'
import type { Faults } from './faults.ts'
import { dawdle, strikeRoutes } from './http-faults.ts'
import type { Ledger, ReservedItem } from './ledger.ts'

export interface InventoryOptions {
  readonly faults: Faults
  readonly ledger: Ledger
}

interface OrderRoute {
  Params: { orderId: string }
}

/** The warehouse. It has everything, except products whose id begins with this. */
const SOLD_OUT = 'sold-out-'

export const inventory: FastifyPluginAsync<InventoryOptions> = async (app, { faults, ledger }) => {
  strikeRoutes(app, faults, 'inventory', (status) => ({
    error: status === 429 ? 'too many requests' : 'the warehouse is out of order',
  }))

  app.put<OrderRoute>('/reservations/:orderId', async (request, reply) => {
    await dawdle(request)
    const { orderId } = request.params
    const items = itemsOf(request.body)
    if (items === undefined) {
      const error = 'the body must be { "items": [{ "productId": string, "quantity": positive integer }] }'
      return reply.code(400).send({ error })
    }
    const missing = items.filter((item) => item.productId.startsWith(SOLD_OUT))
    if (missing.length > 0) {
      const short = missing.map(({ productId, quantity }) => ({
        productId,
        requested: quantity,
        available: 0,
      }))
      return reply.code(409).send({ error: 'sold out', items: short })
    }

    const held = ledger.reservations.get(orderId)
    if (JSON.stringify(held) !== JSON.stringify(items)) {
      ledger.record({ type: 'reserved', orderId, items, at: new Date().toISOString() })
    }
    return reply.code(held === undefined ? 201 : 200).send({ orderId, items })
  })

  app.delete<OrderRoute>('/reservations/:orderId', async (request, reply) => {
    await dawdle(request)
    const { orderId } = request.params
    if (ledger.reservations.has(orderId)) {
      ledger.record({ type: 'released', orderId, at: new Date().toISOString() })
    }
    return reply.code(204).send()
  })
}

function itemsOf(body: unknown): ReservedItem[] | undefined {
  if (typeof body !== 'object' || body === null || !('items' in body)) return undefined
  if (!Array.isArray(body.items) || body.items.length === 0) return undefined
  const items: unknown[] = body.items
  return items.every(isItem) ? items.map(({ productId, quantity }) => ({ productId, quantity })) : undefined
}

function isItem(item: unknown): item is ReservedItem {
  if (typeof item !== 'object' || item === null) return false
  if (!('productId' in item) || typeof item.productId !== 'string') return false
  return 'quantity' in item && Number.isInteger(item.quantity) && Number(item.quantity) > 0
}
