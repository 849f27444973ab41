import {
  LinkSchema,
  MetadataSchema,
  MoneySchema,
  OrderStatusSchema,
  PaymentStatusSchema,
  ShippingAddressSchema,
} from '../../orders/schemas.ts'
import { versionHeaders } from '../headers.ts'
import type { Endpoint, Room } from '../open-api.ts'
import {
  orderBodyExamples,
  orderBodySchemas,
  orderContent,
  orderListContent,
  orderRequestContent,
  placedOrderContent,
} from './order-bodies.ts'
import { orderChangeExamples, orderChangeSchemas, orderChanges } from './order-changes.ts'

const headers = [...versionHeaders, 'ETag', 'Cache-Control'] as const

const placeOrder: Endpoint = {
  method: 'post',
  path: '/orders',
  operationId: 'placeOrder',
  summary: 'Place an order, and be charged once',
  description: `Reserves the stock, charges the payment token, and answers when it is known what came of it.

The same \`Idempotency-Key\` with the same body gets the same answer, byte for byte, with \`Idempotency-Replayed: true\`,
however often and whatever failed in between. So on a timeout, a lost connection or a 5xx: send the same again, with the
same key. A key is kept for 24 hours unless the operator chose otherwise.

While the payment service is failing or slow, the order is taken all the same: its status is \`payment_pending\`, and the
charge follows by itself. Read the order again to see how it went.

A body in plain \`application/json\` is read in the version that is asked for in \`Accept\` or \`Accept-Version\`.`,
  access: 'bearer',
  versioned: true,
  parameters: ['IdempotencyKey', 'AcceptVersion'],
  body: { description: 'What to order.', required: true, content: orderRequestContent },
  answers: {
    201: {
      description: 'The order: `paid`, or `payment_pending` if the charge is still to follow.',
      headers: [...headers, 'Location', 'Idempotency-Replayed'],
      content: placedOrderContent,
    },
  },
  problems: [
    'validation-failed',
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'payment-declined',
    'forbidden',
    'not-found',
    'insufficient-stock',
    'idempotency-in-progress',
    'idempotency-key-reused',
  ],
}

const listOrders: Endpoint = {
  method: 'get',
  path: '/orders',
  operationId: 'listOrders',
  summary: 'List your orders',
  description: 'Your own orders, newest first, a page at a time.',
  access: 'bearer',
  versioned: true,
  parameters: ['Limit', 'Cursor', 'OrderStatus', 'AcceptVersion', 'IfNoneMatch'],
  answers: {
    200: { description: 'A page of orders.', headers, content: orderListContent },
    304: { description: 'What the client has is still current.', headers },
  },
  problems: ['validation-failed'],
}

const getOrder: Endpoint = {
  method: 'get',
  path: '/orders/{id}',
  operationId: 'getOrder',
  summary: 'Look at one of your orders',
  description: "The order as it is now. Somebody else's order is not found, like one that does not exist.",
  access: 'bearer',
  versioned: true,
  parameters: ['OrderId', 'AcceptVersion', 'IfNoneMatch'],
  answers: {
    200: { description: 'The order.', headers, content: orderContent },
    304: { description: 'What the client has is still current.', headers },
  },
  problems: ['not-found'],
}

export const orderRoom: Room = {
  tag: {
    name: 'Orders',
    description: 'Placing orders and following them. Everybody sees, and changes, only their own.',
  },
  schemas: {
    ...orderBodySchemas,
    Link: LinkSchema,
    Money: MoneySchema,
    Metadata: MetadataSchema,
    ShippingAddress: ShippingAddressSchema,
    OrderStatus: OrderStatusSchema,
    PaymentStatus: PaymentStatusSchema,
    ...orderChangeSchemas,
  },
  examples: { ...orderBodyExamples, ...orderChangeExamples },
  endpoints: [placeOrder, listOrders, getOrder, ...orderChanges],
}
