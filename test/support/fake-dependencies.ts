import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Lifetime } from './postgres.ts'

/** One charge that the payment service was asked for, however often it was asked. */
export interface Charge {
  key: string
  orderId: string
  amount: number
  status: 'captured' | 'declined'
  attempts: number
  /** By how many keys it was refunded; again under the same key is the same refund. */
  refunds: number
}

export interface FakePayment {
  url: string
  /** By idempotency key. */
  charges: Map<string, Charge>
  /** Money taken for an order and not given back: 1 is right for a paid one, 0 for any other. */
  taken(orderId: string): number
}

/** What a test does while a dependency is being asked. The answer waits for it; 'drop' cuts the connection. */
export type Meanwhile<Call> = (call: Call) => Promise<unknown>

export interface FakePaymentOptions {
  meanwhile?: Meanwhile<Charge>
  /** What every request is answered with, unless it is 200. */
  status?: () => number
  /** Beside such a status. */
  headers?: () => Record<string, string>
  /** Whether charges are accepted and not yet decided, and cannot be asked for either. */
  processing?: () => boolean
}

/**
 * A payment service that speaks Stripe's PaymentIntents: as strict about its keys, and with nothing in common
 * with the sandbox's. The money is taken before `meanwhile` runs, as a real one takes it before it answers.
 */
export async function startFakePayment(
  lifetime: Lifetime,
  { meanwhile, status, headers, processing }: FakePaymentOptions = {},
): Promise<FakePayment> {
  const charges = new Map<string, Charge>()
  const refundKeys = new Set<string>()
  const url = await listen(lifetime, async (request, response) => {
    const form = new URLSearchParams(await text(request))
    const failure = status?.() ?? 200
    if (failure !== 200) {
      const error = { type: 'api_error', message: 'no' }
      return answer(response, failure, { error }, headers?.())
    }
    if (request.method === 'GET') return answer(response, 429, {}, { 'retry-after': '60' })
    if (request.url?.startsWith('/v1/refunds')) {
      const charge = [...charges.values()].find(({ key }) => intentOf(key) === form.get('payment_intent'))
      const key = String(request.headers['idempotency-key'])
      if (charge !== undefined && !refundKeys.has(key)) charge.refunds++
      refundKeys.add(key)
      return answer(response, 200, { id: 're_1', object: 'refund', status: 'succeeded' })
    }
    const key = String(request.headers['idempotency-key'])
    const charge = charges.get(key) ?? {
      key,
      orderId: form.get('metadata[order_id]') ?? '',
      amount: Number(form.get('amount')),
      status: form.get('payment_method') === 'pm_card_visa_chargeDeclined' ? 'declined' : 'captured',
      attempts: 0,
      refunds: 0,
    }
    charge.attempts++
    charges.set(key, charge)
    if ((await meanwhile?.(charge)) === 'drop') return request.socket.destroy()
    if (charge.status === 'declined') {
      const error = {
        type: 'card_error',
        code: 'card_declined',
        decline_code: 'generic_decline',
        message: 'Declined.',
      }
      return answer(response, 402, { error })
    }
    const currency = form.get('currency')
    answer(response, 200, {
      id: intentOf(key),
      object: 'payment_intent',
      status: processing?.() ? 'processing' : 'succeeded',
      amount: charge.amount,
      amount_received: charge.amount,
      currency,
    })
  })
  const taken = (orderId: string) =>
    [...charges.values()].filter((c) => c.orderId === orderId && c.status === 'captured').length -
    [...charges.values()].filter((c) => c.orderId === orderId && c.refunds > 0).length
  return { url, charges, taken }
}

const intentOf = (key: string) => `pi_${key.replaceAll(/[^A-Za-z0-9]/g, '')}`

export interface FakeWarehouse {
  url: string
  /** What it holds now, by order. */
  reservations: Map<string, unknown>
  /** Every call, in order: `PUT ord_…`. */
  calls: string[]
}

export interface FakeWarehouseOptions {
  /** What a reservation waits for before it comes about, also when its caller has gone. */
  beforehand?: Meanwhile<string>
  meanwhile?: Meanwhile<string>
  /** What every call is answered with, unless it is 200. */
  status?: () => number
  /** Beside such a status. */
  headers?: () => Record<string, string>
}

/** A warehouse that holds what it is told to, unless `status` says otherwise. */
export async function startFakeWarehouse(
  lifetime: Lifetime,
  { beforehand, meanwhile, status, headers }: FakeWarehouseOptions = {},
): Promise<FakeWarehouse> {
  const reservations = new Map<string, unknown>()
  const calls: string[] = []
  const url = await listen(lifetime, async (request, response) => {
    const orderId = request.url?.split('/').at(-1) ?? ''
    calls.push(`${request.method} ${orderId}`)
    const body = await text(request)
    if (request.method === 'PUT') await beforehand?.(orderId)
    const code = status?.() ?? 200
    if (code < 300 && request.method === 'PUT') reservations.set(orderId, JSON.parse(body).items)
    if (code < 300 && request.method === 'DELETE') reservations.delete(orderId)
    if (request.method === 'PUT' && (await meanwhile?.(orderId)) === 'drop') request.socket.destroy()
    else answer(response, code, {}, code < 300 ? {} : headers?.())
  })
  return { url, reservations, calls }
}

function answer(response: ServerResponse, status: number, body: unknown, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

async function listen(
  lifetime: Lifetime,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>,
): Promise<string> {
  const listener: RequestListener = (request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  }
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lifetime.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}
