import CircuitBreaker from 'opossum'
import Stripe from 'stripe'
import type { Item, PlacedOrder } from './orders.ts'

const payment = new URL(process.env.PAYMENT_URL ?? '')
const inventoryUrl = process.env.INVENTORY_URL ?? ''

/** The SDK as it comes: it keeps its connections. */
const stripe = new Stripe('sk_test_bench', {
  host: payment.hostname,
  port: payment.port,
  protocol: 'http',
  telemetry: false,
})

/** A breaker each, as most have them by now. Without a failure they only count. */
const reserving = new CircuitBreaker(reserve, { timeout: 3_000 })
const charging = new CircuitBreaker(charge, { timeout: 10_000 })

/** @returns the payment's reference */
export async function chargeAndReserve(order: PlacedOrder, items: Item[], token: string): Promise<string> {
  await reserving.fire(order.id, items)
  return await charging.fire(order, token)
}

async function reserve(orderId: string, items: Item[]): Promise<void> {
  const response = await fetch(`${inventoryUrl}/reservations/${orderId}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ items }),
  })
  if (!response.ok) throw new Error(`inventory: ${response.status}`)
  await response.text()
}

async function charge({ id, total }: PlacedOrder, token: string): Promise<string> {
  const intent = await stripe.paymentIntents.create(
    { amount: total, currency: 'usd', payment_method: token, confirm: true, metadata: { order_id: id } },
    { idempotencyKey: `order:${id}:charge` },
  )
  return intent.id
}
