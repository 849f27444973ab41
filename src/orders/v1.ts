import { type Static, Type } from 'typebox'
import type { Order } from './order.ts'
import type { OrderRequest } from './placement.ts'
import { OrderStatusSchema, PaymentToken, ProductId, Quantity } from './schemas.ts'

export const createSchemaV1 = Type.Object(
  {
    productId: ProductId,
    quantity: Quantity,
    paymentToken: PaymentToken,
    userId: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'If given, your own: the `sub` of the token.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const orderSchemaV1 = Type.Object({
  id: Type.String(),
  userId: Type.String(),
  status: OrderStatusSchema,
  total: Type.Integer({ description: 'In minor units' }),
  createdAt: Type.String({ format: 'date-time' }),
})

export const orderListSchemaV1 = Type.Array(orderSchemaV1)

export function readV1(body: Static<typeof createSchemaV1>): OrderRequest & { userId?: string } {
  const { productId, quantity, ...rest } = body
  return { items: [{ productId, quantity }], ...rest }
}

/** Where the item of a v1 body stands: there is only one, and it is the body. */
export const itemPointerV1 = () => '#'

export function presentV1(order: Order): Static<typeof orderSchemaV1> {
  return {
    id: order.id,
    userId: order.principal,
    status: order.status,
    total: order.total,
    createdAt: order.createdAt.toISOString(),
  }
}

export const presentListV1 = (orders: Order[]): Static<typeof orderListSchemaV1> => orders.map(presentV1)
