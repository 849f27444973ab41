import { type Static, Type } from 'typebox'
import type { Order } from './order.ts'
import { isCancellable } from './order.ts'
import type { OrderRequest } from './placement.ts'
import {
  ItemsSchema,
  LinkSchema,
  MetadataSchema,
  MoneySchema,
  NoteSchema,
  OrderStatusSchema,
  PaymentStatusSchema,
  PaymentToken,
  ShippingAddressSchema,
} from './schemas.ts'

export const createSchemaV2 = Type.Object(
  {
    items: ItemsSchema,
    paymentToken: PaymentToken,
    shippingAddress: Type.Optional(ShippingAddressSchema),
    note: Type.Optional(NoteSchema),
    metadata: Type.Optional(MetadataSchema),
  },
  { additionalProperties: false },
)

export const orderSchemaV2 = Type.Object({
  id: Type.String(),
  status: OrderStatusSchema,
  items: Type.Array(
    Type.Object({
      productId: Type.String(),
      name: Type.String(),
      quantity: Type.Integer(),
      unitPrice: MoneySchema,
      subtotal: MoneySchema,
    }),
  ),
  total: MoneySchema,
  payment: Type.Object({
    status: PaymentStatusSchema,
    reference: Type.Optional(Type.String()),
    declineCode: Type.Optional(Type.String()),
  }),
  shippingAddress: Type.Optional(ShippingAddressSchema),
  note: Type.Optional(Type.String()),
  // Not a Type.Record: its pattern passes over a key with a line break in it, and the serializer leaves that out.
  metadata: Type.Unsafe<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } }),
  revision: Type.Integer(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  _links: Type.Object({
    self: LinkSchema,
    cancel: Type.Optional(LinkSchema),
    product: Type.Array(LinkSchema, { description: 'One a line' }),
  }),
})

export const orderListSchemaV2 = Type.Object({
  items: Type.Array(orderSchemaV2),
  nextCursor: Type.Optional(Type.String()),
  _links: Type.Object({ self: LinkSchema, next: Type.Optional(LinkSchema) }),
})

export function readV2(body: Static<typeof createSchemaV2>): OrderRequest {
  return body
}

/** Where an item of a v2 body stands in it. */
export const itemPointerV2 = (index: number) => `#/items/${index}`

export function presentV2(order: Order): Static<typeof orderSchemaV2> {
  const { payment, currency } = order
  const money = (amount: number) => ({ amount, currency })
  const self = `/orders/${order.id}`
  return {
    id: order.id,
    status: order.status,
    items: order.lines.map(({ productId, name, quantity, unitPrice, subtotal }) => ({
      productId,
      name,
      quantity,
      unitPrice: money(unitPrice),
      subtotal: money(subtotal),
    })),
    total: money(order.total),
    payment: {
      status: payment.status,
      ...(payment.reference === null ? {} : { reference: payment.reference }),
      ...(payment.declineCode === null ? {} : { declineCode: payment.declineCode }),
    },
    ...(order.shippingAddress === null ? {} : { shippingAddress: order.shippingAddress }),
    ...(order.note === null ? {} : { note: order.note }),
    metadata: order.metadata,
    revision: order.revision,
    createdAt: order.createdAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    _links: {
      self: { href: self },
      ...(isCancellable(order) ? { cancel: { href: `${self}/cancel` } } : {}),
      product: order.lines.map(({ productId }) => ({ href: `/products/${productId}` })),
    },
  }
}

export function presentListV2(
  orders: Order[],
  page: { self: string; next?: { cursor: string; href: string } },
): Static<typeof orderListSchemaV2> {
  return {
    items: orders.map(presentV2),
    ...(page.next === undefined ? {} : { nextCursor: page.next.cursor }),
    _links: {
      self: { href: page.self },
      ...(page.next === undefined ? {} : { next: { href: page.next.href } }),
    },
  }
}
