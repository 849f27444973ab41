import { type CallPolicyOptions, createCallPolicy } from '#plugins/circuit-breakers.ts'
import { type CallContext, contextHeaders } from './call-context.ts'
import { classifyHttpFailure, HttpFailure } from './http-failure.ts'
import { createHttpService, type HttpRequest } from './http-service.ts'

export interface InventoryOptions {
  /** `http(s)://host[:port][/prefix]` */
  url: string
  /** Figures to differ from the ones below, in tests above all. */
  policy?: Partial<CallPolicyOptions>
}

export interface Reservation {
  orderId: string
  items: readonly { productId: string; quantity: number }[]
}

export type ReserveResult = { kind: 'reserved' } | { kind: 'refused' }

export type Inventory = ReturnType<typeof createInventory>

const POLICY = {
  name: 'inventory',
  classify: classifyHttpFailure,
  // The customer waits, and the order goes on without an answer: no more than is hardly noticed.
  deadlineMs: 1_000,
  // All of it: its no is worth waiting for, as an order that goes on without has to be refunded later. After silence a
  // job asks again.
  attemptTimeoutMs: 1_000,
  // For a connection that was lost, or a 503 from whoever stands before it: both are quick.
  retries: 1,
  // Leaves most of the second to the second attempt.
  baseDelayMs: 100,
  // At a second each, fifty orders a second while it is at its slowest; the others go on without.
  bulkhead: 50,
}

/** The warehouse. Both calls are idempotent, keyed by the order. */
export function createInventory({ url, policy: figures = {} }: InventoryOptions) {
  const figuresInForce = { ...POLICY, ...figures }
  const policy = createCallPolicy(figuresInForce)
  const service = createHttpService({
    name: figuresInForce.name,
    url,
    connections: figuresInForce.bulkhead,
    attemptTimeoutMs: figuresInForce.attemptTimeoutMs,
    deadlineMs: figuresInForce.deadlineMs,
  })

  /** @returns the status, if it is a 2xx or one of those that the call takes for an answer */
  const ask = async (request: HttpRequest, answers: readonly number[]): Promise<number> => {
    const { status, retryAfterMs } = await service.askStatus(request)
    if ((status >= 200 && status < 300) || answers.includes(status)) return status
    throw new HttpFailure(`inventory: answered ${status}`, { status, retryAfterMs })
  }

  const path = (orderId: string) => `/reservations/${encodeURIComponent(orderId)}`

  return {
    policy,

    /** @throws CallFailed when there is neither a yes nor a no */
    async reserve({ orderId, items }: Reservation, context: CallContext): Promise<ReserveResult> {
      const body = JSON.stringify({
        items: items.map(({ productId, quantity }) => ({ productId, quantity })),
      })
      const status = await policy.call((signal) => {
        const headers = { 'Content-Type': 'application/json', ...contextHeaders(context) }
        return ask({ method: 'PUT', path: path(orderId), headers, body, signal }, [409])
      })
      return status === 409 ? { kind: 'refused' } : { kind: 'reserved' }
    },

    /** A reservation that is not there, or no more (404, 410), counts as released. @throws CallFailed */
    async release(orderId: string, context: CallContext): Promise<void> {
      await policy.call((signal) =>
        ask({ method: 'DELETE', path: path(orderId), headers: contextHeaders(context), signal }, [404, 410]),
      )
    },

    close: (): Promise<void> => service.close(),
  }
}
