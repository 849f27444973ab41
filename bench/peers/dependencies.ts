import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

/**
 * A payment service and a warehouse that say yes at once, in one process. A charge is known by its idempotency
 * key: asked twice it is charged once.
 */
const charges = new Map<string, { orderId: string; amount: number }>()
let attempts = 0

const server = createServer(async (request, response) => {
  const path = request.url ?? ''
  const body = await text(request)
  response.setHeader('content-type', 'application/json')
  if (path === '/v1/payment_intents') response.end(JSON.stringify(charge(request.headers, body)))
  else if (path === '/totals') response.end(JSON.stringify(totals()))
  else if (path.startsWith('/reservations/')) response.end('{}')
  else response.writeHead(404).end('{}')
})

function charge({ 'idempotency-key': key }: Record<string, unknown>, body: string) {
  const form = new URLSearchParams(body)
  const amount = Number(form.get('amount'))
  const orderId = form.get('metadata[order_id]') ?? ''
  attempts++
  charges.set(String(key), { orderId, amount })
  return {
    id: `pi_${orderId.replaceAll(/[^A-Za-z0-9]/g, '')}`,
    object: 'payment_intent',
    status: 'succeeded',
    amount,
    amount_received: amount,
    currency: form.get('currency'),
  }
}

function totals() {
  const all = [...charges.values()]
  return {
    attempts,
    charges: all.length,
    orders: new Set(all.map(({ orderId }) => orderId)).size,
    amount: all.reduce((sum, { amount }) => sum + amount, 0),
  }
}

server.listen(Number(process.env.PORT), '127.0.0.1')
