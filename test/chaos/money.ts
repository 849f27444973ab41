import type { OrderRow } from '#src/orders/order-row.ts'
import type { Violation } from './invariants.ts'
import type { Charge } from './payment.ts'
import type { Scene } from './scene.ts'

/** What the payment service, the warehouse and the customers' mailboxes say about the orders there are. */
export function moneyOf({ payment, warehouse, mail }: Scene, orders: Map<string, OrderRow>): Violation[] {
  const strangers = payment
    .charges()
    .filter(({ orderId }) => !orders.has(orderId))
    .map(({ orderId, key }) => ({ what: `charged as ${key}, and there is no such order`, orderId }))
  const perOrder = [...orders].flatMap(([orderId, order]) => {
    const captured = payment.capturedFor(orderId)
    const reserved = warehouse.holds(orderId)
    const closed = order.status === 'cancelled' || order.status === 'payment_failed'
    const what = [
      order.status === 'paid' ? wrongWithPaid(order, captured) : wrongWithUnpaid(order, captured),
      order.status === 'paid' && !reserved && 'paid, and the warehouse does not know',
      closed && reserved && `${order.status}, and the warehouse still holds it`,
      order.status === 'paid' &&
        mail.took(`order-paid.${orderId}@holdfast`) === 0 &&
        'paid, and no mail said so',
    ]
    return what.filter((one) => typeof one === 'string').map((one) => ({ what: one, orderId }))
  })
  return [...strangers, ...perOrder, ...payment.complaints]
}

function wrongWithPaid({ total, payment_reference }: OrderRow, captured: Charge[]): string | false {
  if (total === 0) return captured.length > 0 && 'free, and charged'
  const [charge] = captured
  if (charge === undefined || captured.length > 1) return `paid, and charged ${captured.length} times`
  if (charge.refunds.length > 0) return 'paid, and refunded'
  if (charge.amount !== total) return `charged ${charge.amount} instead of ${total}`
  return (
    charge.reference !== payment_reference && `its reference is ${payment_reference}, not ${charge.reference}`
  )
}

function wrongWithUnpaid(order: OrderRow, captured: Charge[]): string | false {
  const { status, payment_status } = order
  const [charge] = captured
  if (captured.length > 1) return `${status}, and charged ${captured.length} times`
  if (charge === undefined)
    return payment_status === 'refunded' && order.total > 0 && 'refunded what was never taken'
  if (charge.refunds.length !== 1) return `${status}, charged, and refunded ${charge.refunds.length} times`
  if (charge.refunds[0]?.amount !== charge.amount) return `${status}, and not all of it refunded`
  return payment_status !== 'refunded' && `its money went back, but it says ${payment_status}`
}
