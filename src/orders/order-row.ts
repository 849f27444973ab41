import {
  ORDER_STATUSES,
  type Order,
  type OrderLine,
  type OrderStatus,
  type PaymentStatus,
  type ShippingAddress,
} from './order.ts'
import { fromUuid } from './order-id.ts'

/** An order as `to_jsonb(orders)` writes it. */
export interface OrderRow {
  id: string
  principal: string
  status: OrderStatus
  payment_status: PaymentStatus
  currency: string
  total: number
  lines: OrderLine[]
  shipping_address: ShippingAddress | null
  note: string | null
  metadata: Record<string, string>
  idempotency_key: string
  payment_token: string | null
  charge_sent: boolean
  payment_reference: string | null
  decline_code: string | null
  lease_generation: number
  revision: number
  created_at: string
  updated_at: string
}

/** What stands in the database, as the model has it. */
export function toOrder(row: OrderRow): Order {
  if (!ORDER_STATUSES.includes(row.status)) throw new Error(`an order cannot be ${row.status}`)
  return {
    id: fromUuid(row.id),
    principal: row.principal,
    status: row.status,
    payment: {
      status: row.payment_status,
      reference: row.payment_reference,
      declineCode: row.decline_code,
      token: row.payment_token,
      sent: row.charge_sent,
    },
    currency: row.currency,
    total: row.total,
    lines: row.lines,
    shippingAddress: row.shipping_address,
    note: row.note,
    metadata: row.metadata,
    idempotencyKey: row.idempotency_key,
    leaseGeneration: row.lease_generation,
    revision: row.revision,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
