import { SMTPServer } from 'smtp-server'
import { createPlainServer } from './plain-server.ts'

/**
 * A payment service and a warehouse that answer at once, in one process; and where SMTP_PORT is given, a mail server
 * that takes everything and keeps nothing. A charge is known by its idempotency key: asked twice it is charged once.
 */
interface Charge {
  id: string
  orderId: string
  amount: number
  refunded: boolean
}

const KEY = /\r\nidempotency-key: (.*)/i
const DECLINED = 'pm_card_visa_chargeDeclined'
const charges = new Map<string, Charge>()
const byId = new Map<string, Charge>()
let attempts = 0

const server = createPlainServer(({ path, head, body }) => {
  const form = () => new URLSearchParams(body)
  if (path === '/v1/payment_intents') {
    const intent = charge(KEY.exec(head)?.[1] ?? '', form())
    return { status: intent === undefined ? 402 : 200, body: JSON.stringify(intent ?? declined) }
  }
  if (path === '/v1/refunds') {
    const known = byId.get(form().get('payment_intent') ?? '')
    if (known !== undefined) known.refunded = true
    const refund = { id: `re_${known?.id}`, object: 'refund', status: 'succeeded' }
    return { status: 200, body: JSON.stringify(refund) }
  }
  if (path === '/totals') return { status: 200, body: JSON.stringify(totals()) }
  return { status: path.startsWith('/reservations/') ? 200 : 404, body: '{}' }
})

const declined = {
  error: {
    type: 'card_error',
    code: 'card_declined',
    decline_code: 'generic_decline',
    message: 'The card was declined.',
  },
}

function charge(key: string, form: URLSearchParams) {
  attempts++
  if (form.get('payment_method') === DECLINED) return undefined
  const orderId = form.get('metadata[order_id]') ?? ''
  const made = charges.get(key) ?? {
    id: `pi_${orderId.replaceAll(/[^A-Za-z0-9]/g, '')}`,
    orderId,
    amount: Number(form.get('amount')),
    refunded: false,
  }
  charges.set(key, made)
  byId.set(made.id, made)
  return {
    id: made.id,
    object: 'payment_intent',
    status: 'succeeded',
    amount: made.amount,
    amount_received: made.amount,
    currency: form.get('currency'),
  }
}

function totals() {
  const all = [...charges.values()]
  const refunded = all.filter((one) => one.refunded)
  return {
    attempts,
    charges: all.length,
    orders: new Set(all.map(({ orderId }) => orderId)).size,
    amount: sumOf(all),
    refunds: refunded.length,
    refundedAmount: sumOf(refunded),
  }
}

const sumOf = (all: Charge[]) => all.reduce((sum, { amount }) => sum + amount, 0)

server.listen(Number(process.env.PORT), '127.0.0.1')

if (process.env.SMTP_PORT !== undefined) {
  const mail = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, _session, done) => stream.resume().once('end', () => done()),
  })
  mail.listen(Number(process.env.SMTP_PORT), '127.0.0.1')
}
