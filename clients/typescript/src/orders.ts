import type { EntityTags } from './entity-tags.ts'
import { isProblem } from './errors.ts'
import type { JsonPatch, OrderMergePatch, OrderStatus, Representations } from './generated.ts'
import { type IdempotencyKeys, nameOfOrder, quoted } from './idempotency-keys.ts'
import type { CallOptions, Version } from './options.ts'
import { createPages, type Page, type PageOptions } from './pages.ts'
import { type PatchOptions, sendPatch } from './patch.ts'
import { type Call, mediaType, type Transport } from './transport.ts'
import { type WaitOptions, waitUntil } from './wait-until.ts'

export interface PlaceOptions extends CallOptions {
  /**
   * An idempotency key of your own, kept by yourself: 1 to 255 characters of printable ASCII, or a TypeError. Default: one for each
   * content, kept until the order had its end.
   */
  readonly key?: string
}

export interface OrderListOptions extends PageOptions {
  readonly status?: OrderStatus
}

export interface Orders<V extends Version> {
  /**
   * Places an order, and sends it under the same key until an answer comes. Whatever is thrown, calling it again with the
   * same content never makes a second order while the service remembers the key, unless {@link isFinal} says that this one has
   * had its end.
   */
  place(
    order: Representations[V]['CreateOrder'],
    options?: PlaceOptions,
  ): Promise<Representations[V]['Order']>
  get(id: string, options?: CallOptions): Promise<Representations[V]['Order']>
  page(options?: OrderListOptions): Promise<Page<Representations[V]['Order']>>
  /** Your orders, newest first: `for await (const order of client.orders.list())`. */
  list(options?: OrderListOptions): AsyncIterable<Representations[V]['Order']>
  /**
   * Changes the order as it was when it was read: an array is a JSON Patch, an object a merge patch.
   *
   * @throws {ProblemError} `precondition-failed` if it has changed since: somebody else was faster, or an earlier attempt
   */
  patch(
    order: Representations[V]['Order'] | string,
    patch: JsonPatch | OrderMergePatch,
    options?: PatchOptions,
  ): Promise<Representations[V]['Order']>
  /** Calls the order off; the second time as well as the first. */
  cancel(id: string, options?: CallOptions): Promise<Representations[V]['Order']>
  /** Looks again, at growing intervals, until the order is `paid`, `payment_failed` or `cancelled`, or `until` says so. */
  waitUntilSettled(
    id: string,
    options?: WaitOptions<Representations[V]['Order']>,
  ): Promise<Representations[V]['Order']>
}

/**
 * Whether an error is the service's last word on an order: it was refused, and the same again would be a new order. After any other
 * error, an abort too, the order may have been placed; place the same again to know.
 */
export function isFinal(error: unknown): boolean {
  // A body that was read to its end has what never passes named in `errors`. One that was not may have been cut or spoilt on its
  // way, and an attempt before it may have arrived whole.
  if (isProblem(error, 'malformed-request')) {
    return error.problem.errors?.some((violation) => violation.in === 'body') ?? false
  }
  return isProblem(
    error,
    'payment-declined',
    'insufficient-stock',
    'not-found',
    'forbidden',
    'validation-failed',
    'payload-too-large',
    'idempotency-key-reused',
  )
}

export function createOrders<V extends Version>(
  transport: Transport,
  tags: EntityTags,
  keys: IdempotencyKeys,
): Orders<V> {
  type Order = Representations[V]['Order']
  const type = 'order'
  const headersOf = (key: string) => ({ 'idempotency-key': quoted(key) })
  const pathOf = (id: string) => `/orders/${encodeURIComponent(id)}`
  const pages = createPages<Order>(transport, { path: '/orders', type: 'order-list' })

  const get: Orders<V>['get'] = async (id, options = {}) =>
    tags.note(
      await transport.send<Order>({ method: 'GET', path: pathOf(id), type, repeatable: 'always' }, options),
    )

  async function post(
    path: string,
    rest: { headers?: Call['headers']; text?: string },
    options: CallOptions,
  ) {
    const contentType = mediaType(type, transport.version)
    const { headers = {}, text } = rest
    const body = text === undefined ? {} : { body: { contentType, text } }
    const answer = await transport.send<Order>(
      { method: 'POST', path, type, repeatable: 'always', headers, ...body },
      options,
    )
    transport.remember(pathOf(answer.body.id), answer.body, answer.etag)
    return tags.note(answer)
  }

  return {
    get,
    page: pages.page,
    list: pages.items,

    async place(order, options = {}) {
      // Name, key and every attempt are of this one text, whatever becomes of the object.
      const text = JSON.stringify(order)
      const name = nameOfOrder(transport.version, JSON.parse(text))
      const key = options.key ?? keys.keyOf(name)
      const headers = typeof key === 'string' ? headersOf(key) : key.then(headersOf)
      // Awaited only once the token is there; until then its failure is nobody's.
      Promise.resolve(headers).catch(() => {})
      const finish = async () => {
        if (typeof key !== 'string') await transport.wait(async () => keys.forget(name, await key), options)
      }
      try {
        const placed = await post('/orders', { headers, text }, options)
        await finish()
        return placed
      } catch (error) {
        if (isFinal(error)) await finish()
        throw error
      }
    },

    patch: (order, patch, options = {}) => {
      const path = pathOf(typeof order === 'string' ? order : order.id)
      return sendPatch<Order>(transport, tags, { path, type, subject: order }, patch, options)
    },

    cancel: (id, options = {}) => post(`${pathOf(id)}/cancel`, {}, options),

    waitUntilSettled: (id, options = {}) => waitUntil<Order>((call) => get(id, call), tags, options),
  }
}
