import { createEntityTags } from './entity-tags.ts'
import { createIdempotencyKeys } from './idempotency-keys.ts'
import { type ClientOptions, settle, type Version } from './options.ts'
import { createOrders, type Orders } from './orders.ts'
import { createProducts, type Products } from './products.ts'
import { createTransport } from './transport.ts'
import { createUsers, type Users } from './users.ts'

export type { Fetch } from './attempt.ts'
export {
  type AnyProblemError,
  HoldfastError,
  isProblem,
  NetworkError,
  ProblemError,
  type ProblemSlug,
  TimeoutError,
  UnexpectedAnswerError,
} from './errors.ts'
export { type CachedAnswer, createEtagCache, type EtagCache } from './etag-cache.ts'
export {
  type JsonPatch,
  type Money,
  type OrderMergePatch,
  type OrderStatus,
  type PaymentStatus,
  type Problem,
  type Problems,
  problemSlugs,
  type Representations,
  type ShippingAddress,
  type UserMergePatch,
  type Violation,
} from './generated.ts'
export { type KeyStore, keysInMemory, keysInStorage, type WebStorage } from './key-store.ts'
export type { Deprecation } from './lifecycle.ts'
export type { Attempt, CallOptions, ClientOptions, TokenSource, Version } from './options.ts'
export { isFinal, type OrderListOptions, type Orders, type PlaceOptions } from './orders.ts'
export type { Page, PageOptions } from './pages.ts'
export type { PatchOptions } from './patch.ts'
export type { Products } from './products.ts'
export type { RetryPolicy } from './retry.ts'
export type { Users } from './users.ts'
export type { WaitOptions } from './wait-until.ts'

/** A client of the order service, in one version of its interface. */
export interface Client<V extends Version> {
  readonly version: V
  readonly products: Products<V>
  readonly orders: Orders<V>
  readonly users: Users<V>
  /** The entity tag of a representation that this client gave, for an `ifMatch` of your own. */
  etagOf(representation: object): string | undefined
}

/**
 * Makes a client. It keeps entity tags and pending idempotency keys, so make one and keep it.
 *
 * @throws TypeError if `baseUrl` is no http or https URL
 * @throws RangeError if a number of `retry` is none above 0
 */
export function createClient<V extends Version>(options: ClientOptions<V>): Client<V> {
  const settings = settle(options)
  const transport = createTransport(settings)
  const tags = createEntityTags()
  return {
    version: options.version,
    products: createProducts<V>(transport),
    orders: createOrders<V>(transport, tags, createIdempotencyKeys(settings.keys)),
    users: createUsers<V>(transport, tags),
    etagOf: (representation) => tags.of(representation),
  }
}
