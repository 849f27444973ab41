/**
 * The order and its state machine, pure.
 *
 *   pending ──▶ paid ──────────────▶ cancelled
 *      │  └──▶ payment_pending ─▶ paid | payment_failed | cancelled
 *      ├─────▶ payment_failed
 *      └─────▶ cancelled
 *
 * A move says what an order becomes and what follows from it; the store makes it true in one statement, if the
 * order still is where the mover saw it.
 */
import { changedAt } from '../changed-at.ts'
import { type FollowUp, mail, now, type Reservation, tellWarehouse } from './follow-ups.ts'

export const ORDER_STATUSES = ['pending', 'paid', 'payment_pending', 'payment_failed', 'cancelled'] as const

export type OrderStatus = (typeof ORDER_STATUSES)[number]

export const PAYMENT_STATUSES = [
  'pending',
  'captured',
  'declined',
  'refund_pending',
  'refunded',
  'voided',
] as const

export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** Frozen at the moment of purchase. Money in minor units of the order's currency. */
export interface OrderLine {
  productId: string
  name: string
  quantity: number
  unitPrice: number
  subtotal: number
}

export interface ShippingAddress {
  name: string
  line1: string
  line2?: string
  city: string
  region?: string
  postalCode: string
  /** ISO 3166-1 alpha-2. */
  country: string
}

export interface Order {
  /** `ord_…` */
  id: string
  /** The `sub` of whoever placed it. */
  principal: string
  status: OrderStatus
  payment: {
    status: PaymentStatus
    reference: string | null
    declineCode: string | null
    /** Present only while something is still to be charged or asked. */
    token: string | null
    /** A charge was sent, or may have been: whether it went through has to be asked, never assumed. */
    sent: boolean
  }
  currency: string
  total: number
  lines: OrderLine[]
  shippingAddress: ShippingAddress | null
  note: string | null
  metadata: Record<string, string>
  idempotencyKey: string
  /** The fencing token of whoever may settle the order while it is pending, and of the job that charges it afterwards. */
  leaseGeneration: number
  revision: number
  createdAt: Date
  updatedAt: Date
}

export interface Move {
  /** The order as the mover saw it: the condition. */
  from: Order
  /** The order as it will be: the effect. */
  to: Order
  /** Whether what was bought goes back on sale. */
  restock: boolean
  followUps: FollowUp[]
}

const MOVES: Record<OrderStatus, readonly OrderStatus[]> = {
  pending: ['paid', 'payment_pending', 'payment_failed', 'cancelled'],
  payment_pending: ['paid', 'payment_failed', 'cancelled'],
  paid: ['cancelled'],
  payment_failed: [],
  // Only its money still moves: a refund that is under way ends.
  cancelled: ['cancelled'],
}

/** Whether calling it off would succeed now. */
export const isCancellable = ({ status }: Order) => status === 'paid' || status === 'payment_pending'

/** The money is taken. A reference of null: there was nothing to take. */
export function paid(order: Order, reference: string | null, reservation: Reservation, at: Date): Move {
  return move(order, at, 'paid', {
    payment: { status: 'captured', reference, declineCode: null, token: null, sent: order.payment.sent },
    followUps: [mail('order-paid'), ...tellWarehouse(reservation)],
  })
}

/**
 * The payment service could not be asked, or did not say. The order stands; the charge is queued with the same key.
 *
 * @param againInSeconds when the payment service wants to be asked again, if it said so
 */
export function chargeLater(
  order: Order,
  charge: { sent: boolean; againInSeconds: number | undefined },
  reservation: Reservation,
  at: Date,
): Move {
  // Soon enough to be tried within five seconds; spread, so that an outage does not end in a stampede.
  const delaySeconds = charge.againInSeconds ?? 1 + 2 * Math.random()
  return move(order, at, 'payment_pending', {
    payment: { ...order.payment, sent: order.payment.sent || charge.sent },
    followUps: [{ queue: 'charge-order', delaySeconds }, ...tellWarehouse(reservation)],
  })
}

/** The card was declined: the stock is back on sale, and the warehouse need not hold anything. */
export function declined(
  order: Order,
  { declineCode, reference }: { declineCode: string; reference?: string },
  reservation: Reservation,
  at: Date,
): Move {
  // Whoever waited for the answer has it; a queued charge's decline has to be told.
  const told = order.status === 'payment_pending' ? [mail('payment-declined')] : []
  return move(order, at, 'payment_failed', {
    payment: { ...order.payment, status: 'declined', reference: reference ?? null, declineCode, token: null },
    restock: true,
    followUps: [now('release-stock'), ...tellWarehouse(reservation), ...told],
  })
}

/**
 * Whether a pending order may have been charged before its present holder took it over: whoever held the lease
 * may have died, or lost it, between the charge and the settlement.
 */
export const mayBeCharged = ({ leaseGeneration, total }: Order) => leaseGeneration > 1 && total > 0

/**
 * The warehouse does not have it. Nothing was charged, unless by a former holder of the lease, whom the warehouse
 * did not answer: then the charge is asked for by its key, and given back if it went through.
 */
export function refusedByWarehouse(order: Order, at: Date): Move {
  const asks = mayBeCharged(order)
  return move(order, at, 'cancelled', {
    payment: asks
      ? { ...order.payment, status: 'refund_pending', sent: true }
      : { ...order.payment, status: 'voided', token: null },
    restock: true,
    // An attempt before the one that was answered may have reserved.
    followUps: [now('release-stock'), ...(asks ? [now('refund-order')] : [])],
  })
}

/**
 * Called off. What was captured is refunded; a queued charge is voided; and one that may have been sent is asked
 * by its key first, for which its token is kept.
 */
export function cancelled(order: Order, at: Date): Move {
  const owesRefund =
    order.payment.reference !== null || (order.status === 'payment_pending' && order.payment.sent)
  return move(order, at, 'cancelled', {
    payment: owesRefund
      ? { ...order.payment, status: 'refund_pending' }
      : { ...order.payment, status: 'voided', token: null },
    restock: true,
    followUps: [now('release-stock'), ...(owesRefund ? [now('refund-order')] : [])],
  })
}

/** The end of a cancelled order's money: given back, or, as it turned out, never taken. */
export function moneyReturned(
  order: Order,
  payment: { status: 'refunded' | 'voided'; reference: string | null },
  at: Date,
): Move {
  return move(order, at, 'cancelled', {
    payment: { ...order.payment, ...payment, token: null },
    followUps: [],
  })
}

function move(
  order: Order,
  at: Date,
  status: OrderStatus,
  effect: { payment: Order['payment']; followUps: FollowUp[]; restock?: boolean },
): Move {
  if (!MOVES[order.status].includes(status)) {
    throw new Error(`an order cannot go from ${order.status} to ${status}`)
  }
  return {
    from: order,
    to: {
      ...order,
      status,
      payment: effect.payment,
      revision: order.revision + 1,
      updatedAt: changedAt(at, order),
    },
    restock: effect.restock ?? false,
    followUps: effect.followUps,
  }
}
