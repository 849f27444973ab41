import type { EntityTags } from './entity-tags.ts'
import type { OrderStatus } from './generated.ts'
import type { CallOptions } from './options.ts'
import { pause } from './retry.ts'

export interface WaitOptions<Order> extends CallOptions {
  /** When it has been waited for long enough. Default: the order's status will not change by itself any more. */
  readonly until?: (order: Order) => boolean
  /** Told of the order when it was first read, and whenever it has changed since. */
  readonly onChange?: (order: Order) => void
  /** The first interval, in milliseconds. Each is half as long again as the one before, and up to that much of it is left to chance. */
  readonly intervalMs?: number
  readonly maxIntervalMs?: number
}

const SETTLED: ReadonlySet<OrderStatus> = new Set(['paid', 'payment_failed', 'cancelled'])

/**
 * Reads an order until it is what is waited for; while nothing changed, that costs the service an entity tag compared (`304`).
 * `deadlineMs` holds for each reading.
 *
 * @throws what a reading throws, and the reason of `signal`: give it one, for a charge may be settled in seconds or in hours
 */
export async function waitUntil<Order extends { status: OrderStatus }>(
  read: (options: CallOptions) => Promise<Order>,
  tags: EntityTags,
  options: WaitOptions<Order>,
): Promise<Order> {
  const { signal, deadlineMs, until = ({ status }) => SETTLED.has(status), onChange } = options
  const { intervalMs = 400, maxIntervalMs = 5_000 } = options
  let known: string | undefined
  for (let bound = intervalMs; ; bound = Math.min(maxIntervalMs, bound * 1.5)) {
    const order = await read({ signal, deadlineMs })
    const tag = tags.of(order)
    if (tag === undefined || tag !== known) onChange?.(order)
    known = tag
    if (until(order)) return order
    await pause(bound * (0.5 + Math.random() / 2), signal)
  }
}
