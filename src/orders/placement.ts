import type { Order, ShippingAddress } from './order.ts'

/** What a client asks for, whatever version it spoke. */
export interface OrderRequest {
  /** As the client wrote them: a product may stand in several. */
  items: OrderItem[]
  paymentToken: string
  shippingAddress?: ShippingAddress
  note?: string
  metadata?: Record<string, string>
}

export interface OrderItem {
  productId: string
  /** 1 to 999. */
  quantity: number
}

/** How a client wants its answer; kept with the key, for whoever has to finish the order. */
export interface AnswerFormat {
  version: number
  /** The `Content-Type` of the representation. */
  mediaType: string
  /** The first request's id: a problem keeps it as its `instance`. */
  requestId: string
}

/** One attempt to place an order: everything the statement needs. */
export interface Placement {
  /** The id the order will have if this attempt is the one that places it. */
  orderId: string
  principal: { id: string; name: string | null; email: string | null }
  key: string
  /** SHA-256 over the canonical body, its version and the negotiated version. */
  fingerprint: Buffer
  format: AnswerFormat
  /** W3C trace context of the request, for the jobs that follow. */
  traceparent?: string
  request: OrderRequest
}

/** An answer, byte for byte, as it is kept with the key. */
export interface StoredResponse {
  status: number
  /** Lower-case names: `content-type`, `location`, `etag`, `link`. */
  headers: Record<string, string>
  body: string
}

export interface ShortItem {
  productId: string
  name: string
  requested: number
  available: number
}

/** What became of an attempt. Only `placed` and `resumed` make the caller responsible for finishing the order. */
export type PlacementOutcome =
  | { outcome: 'placed'; order: Order }
  /** The first one's process died; its lease was taken over. */
  | { outcome: 'resumed'; order: Order; format: AnswerFormat }
  | { outcome: 'replay'; response: StoredResponse }
  | { outcome: 'in-flight'; orderId: string; leaseSecondsLeft: number }
  | { outcome: 'reused' }
  | { outcome: 'unknown-product'; productIds: string[] }
  | { outcome: 'insufficient-stock'; items: ShortItem[] }

/** The same product on several lines is bought once, with the sum of the quantities, where it stood first. */
export function sumLines(items: OrderItem[]): OrderItem[] {
  const sums = new Map<string, number>()
  for (const { productId, quantity } of items) sums.set(productId, (sums.get(productId) ?? 0) + quantity)
  return [...sums].map(([productId, quantity]) => ({ productId, quantity }))
}
