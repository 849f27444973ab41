import type { Order } from '../../orders/order.ts'
import type { PageLinks } from '../../orders/versions.ts'
import { exampleProduct } from './products.ts'

const { id: productId, name, price: unitPrice } = exampleProduct

export const exampleOrder: Order = {
  id: 'ord_01jd2t8x0ye8p9rbk5w7q3m4fz',
  principal: 'user-7f3a',
  status: 'paid',
  payment: {
    status: 'captured',
    reference: 'pi_3PqR8sLkdIwHu7ix0hT5vB2c',
    declineCode: null,
    token: null,
    sent: true,
  },
  currency: 'USD',
  total: 2 * unitPrice,
  lines: [{ productId, name, quantity: 2, unitPrice, subtotal: 2 * unitPrice }],
  shippingAddress: {
    name: 'Ada Lovelace',
    line1: '12 St James Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
  },
  note: 'Please ring twice.',
  metadata: { channel: 'web' },
  idempotencyKey: '8e03978e-40d5-43dd-bc93-6894a57f9324',
  leaseGeneration: 1,
  revision: 2,
  createdAt: new Date('2026-03-02T10:15:30.123Z'),
  updatedAt: new Date('2026-03-02T10:15:30.480Z'),
}

/** The payment service could not be asked: the order stands, and the charge follows. */
export const exampleOrderToCharge: Order = {
  ...exampleOrder,
  status: 'payment_pending',
  payment: { ...exampleOrder.payment, status: 'pending', reference: null },
}

/** Called off after it was paid. */
export const exampleCancelledOrder: Order = {
  ...exampleOrder,
  status: 'cancelled',
  payment: { ...exampleOrder.payment, status: 'refund_pending' },
  revision: 3,
  updatedAt: new Date('2026-03-02T11:02:09.871Z'),
}

const cursor = 'mXx3Yk1lq0yNTr7cVnWm5SJvcmRfMDFqZDJ0OHgweWU4cDlyYms1dzdxM200ZnoiCg'

export const exampleOrderPage: PageLinks = {
  self: '/orders?limit=1',
  next: { cursor, href: `/orders?limit=1&cursor=${cursor}` },
}

/** What a client sends to place the order above, by version. */
export const exampleOrderRequests: Readonly<Record<number, object>> = {
  1: { productId, quantity: 2, paymentToken: 'pm_card_visa' },
  2: {
    items: [{ productId, quantity: 2 }],
    paymentToken: 'pm_card_visa',
    shippingAddress: exampleOrder.shippingAddress,
    note: exampleOrder.note,
    metadata: exampleOrder.metadata,
  },
}
