// Written by `npm run openapi` from openapi.yaml. Changes made by hand are lost.

/**
 * ISO 3166-1 alpha-2
 */
export type CountryCode =
  | 'AD'
  | 'AE'
  | 'AF'
  | 'AG'
  | 'AI'
  | 'AL'
  | 'AM'
  | 'AO'
  | 'AQ'
  | 'AR'
  | 'AS'
  | 'AT'
  | 'AU'
  | 'AW'
  | 'AX'
  | 'AZ'
  | 'BA'
  | 'BB'
  | 'BD'
  | 'BE'
  | 'BF'
  | 'BG'
  | 'BH'
  | 'BI'
  | 'BJ'
  | 'BL'
  | 'BM'
  | 'BN'
  | 'BO'
  | 'BQ'
  | 'BR'
  | 'BS'
  | 'BT'
  | 'BV'
  | 'BW'
  | 'BY'
  | 'BZ'
  | 'CA'
  | 'CC'
  | 'CD'
  | 'CF'
  | 'CG'
  | 'CH'
  | 'CI'
  | 'CK'
  | 'CL'
  | 'CM'
  | 'CN'
  | 'CO'
  | 'CR'
  | 'CU'
  | 'CV'
  | 'CW'
  | 'CX'
  | 'CY'
  | 'CZ'
  | 'DE'
  | 'DJ'
  | 'DK'
  | 'DM'
  | 'DO'
  | 'DZ'
  | 'EC'
  | 'EE'
  | 'EG'
  | 'EH'
  | 'ER'
  | 'ES'
  | 'ET'
  | 'FI'
  | 'FJ'
  | 'FK'
  | 'FM'
  | 'FO'
  | 'FR'
  | 'GA'
  | 'GB'
  | 'GD'
  | 'GE'
  | 'GF'
  | 'GG'
  | 'GH'
  | 'GI'
  | 'GL'
  | 'GM'
  | 'GN'
  | 'GP'
  | 'GQ'
  | 'GR'
  | 'GS'
  | 'GT'
  | 'GU'
  | 'GW'
  | 'GY'
  | 'HK'
  | 'HM'
  | 'HN'
  | 'HR'
  | 'HT'
  | 'HU'
  | 'ID'
  | 'IE'
  | 'IL'
  | 'IM'
  | 'IN'
  | 'IO'
  | 'IQ'
  | 'IR'
  | 'IS'
  | 'IT'
  | 'JE'
  | 'JM'
  | 'JO'
  | 'JP'
  | 'KE'
  | 'KG'
  | 'KH'
  | 'KI'
  | 'KM'
  | 'KN'
  | 'KP'
  | 'KR'
  | 'KW'
  | 'KY'
  | 'KZ'
  | 'LA'
  | 'LB'
  | 'LC'
  | 'LI'
  | 'LK'
  | 'LR'
  | 'LS'
  | 'LT'
  | 'LU'
  | 'LV'
  | 'LY'
  | 'MA'
  | 'MC'
  | 'MD'
  | 'ME'
  | 'MF'
  | 'MG'
  | 'MH'
  | 'MK'
  | 'ML'
  | 'MM'
  | 'MN'
  | 'MO'
  | 'MP'
  | 'MQ'
  | 'MR'
  | 'MS'
  | 'MT'
  | 'MU'
  | 'MV'
  | 'MW'
  | 'MX'
  | 'MY'
  | 'MZ'
  | 'NA'
  | 'NC'
  | 'NE'
  | 'NF'
  | 'NG'
  | 'NI'
  | 'NL'
  | 'NO'
  | 'NP'
  | 'NR'
  | 'NU'
  | 'NZ'
  | 'OM'
  | 'PA'
  | 'PE'
  | 'PF'
  | 'PG'
  | 'PH'
  | 'PK'
  | 'PL'
  | 'PM'
  | 'PN'
  | 'PR'
  | 'PS'
  | 'PT'
  | 'PW'
  | 'PY'
  | 'QA'
  | 'RE'
  | 'RO'
  | 'RS'
  | 'RU'
  | 'RW'
  | 'SA'
  | 'SB'
  | 'SC'
  | 'SD'
  | 'SE'
  | 'SG'
  | 'SH'
  | 'SI'
  | 'SJ'
  | 'SK'
  | 'SL'
  | 'SM'
  | 'SN'
  | 'SO'
  | 'SR'
  | 'SS'
  | 'ST'
  | 'SV'
  | 'SX'
  | 'SY'
  | 'SZ'
  | 'TC'
  | 'TD'
  | 'TF'
  | 'TG'
  | 'TH'
  | 'TJ'
  | 'TK'
  | 'TL'
  | 'TM'
  | 'TN'
  | 'TO'
  | 'TR'
  | 'TT'
  | 'TV'
  | 'TW'
  | 'TZ'
  | 'UA'
  | 'UG'
  | 'UM'
  | 'US'
  | 'UY'
  | 'UZ'
  | 'VA'
  | 'VC'
  | 'VE'
  | 'VG'
  | 'VI'
  | 'VN'
  | 'VU'
  | 'WF'
  | 'WS'
  | 'YE'
  | 'YT'
  | 'ZA'
  | 'ZM'
  | 'ZW'
/**
 * It is known who asks, and that one may not do this, such as ordering in the name of somebody else.
 *
 * Leave out what belongs to somebody else, or ask with a token that is allowed to.
 */
export type ForbiddenProblem = Problem &
  ForbiddenMembers & {
    type?: `${string}/problems/forbidden`
    status?: 403
    extensions?: ForbiddenMembers
  }
/**
 * The header fields of the request have more than 16 KiB together.
 *
 * Send fewer or shorter headers; a cookie that has grown is the usual culprit.
 */
export type HeaderFieldsTooLargeProblem = Problem & {
  type?: `${string}/problems/header-fields-too-large`
  status?: 431
}
/**
 * A request with the same key and the same content is under way. It will finish, here or after a restart, and its answer will be kept for this key.
 *
 * Send the same request with the same key again after Retry-After seconds.
 */
export type IdempotencyInProgressProblem = Problem & {
  type?: `${string}/problems/idempotency-in-progress`
  status?: 409
}
/**
 * A key is 1 to 255 characters of printable ASCII, sent once, in quotes (RFC 8941), or bare if it has no spaces.
 *
 * Send a key such as "3f2a9c1e-7d54-4c1b-9f7e-0a8b6f1d2c3e", quotes included.
 */
export type IdempotencyKeyInvalidProblem = Problem & {
  type?: `${string}/problems/idempotency-key-invalid`
  status?: 400
}
/**
 * Placing an order charges somebody. A key that the client makes for each order lets it send the request as often as the network makes it necessary, and be charged once.
 *
 * Make a key for each order, such as a UUID, keep it over all tries, and send it as Idempotency-Key: "<key>".
 */
export type IdempotencyKeyMissingProblem = Problem & {
  type?: `${string}/problems/idempotency-key-missing`
  status?: 400
}
/**
 * A key stands for one request. This one was used before with another body or another version, and answering either of the two would be wrong.
 *
 * Make a new key for a new order. To repeat the old one, send exactly what was sent then.
 */
export type IdempotencyKeyReusedProblem = Problem & {
  type?: `${string}/problems/idempotency-key-reused`
  status?: 422
}
/**
 * At least one line asks for more than there is. items lists every such line with what was asked for and what there is. Where it was the shop that had too few, no order was placed. Where it was the warehouse, the order is cancelled, anything that was charged is given back, and the same key gives this same answer again, with Idempotency-Replayed.
 *
 * Order at most what is available, or wait until the product is in stock again. The same key will do, unless its answer says Idempotency-Replayed: then make a new one.
 */
export type InsufficientStockProblem = Problem &
  InsufficientStockMembers & {
    type?: `${string}/problems/insufficient-stock`
    status?: 409
    extensions: InsufficientStockMembers
  }
/**
 * The service met something it was not made for. What it was stands in its log under the request id that this problem carries as instance.
 *
 * Try again a little later; placing an order is safe to repeat with the same Idempotency-Key. If it stays, report it with the value of instance.
 */
export type InternalErrorProblem = Problem & {
  type?: `${string}/problems/internal-error`
  status?: 500
}
/**
 * Operations, applied in their order, all of them or none (RFC 6902).
 *
 * @maxItems 100
 */
export type JsonPatch = (
  | {
      op: 'add' | 'replace' | 'test'
      /**
       * JSON pointer (RFC 6901) into the resource.
       */
      path: string
      value: unknown
    }
  | {
      op: 'move' | 'copy'
      /**
       * JSON pointer (RFC 6901) into the resource.
       */
      path: string
      /**
       * JSON pointer (RFC 6901) into the resource.
       */
      from: string
    }
  | {
      op: 'remove'
      /**
       * JSON pointer (RFC 6901) into the resource.
       */
      path: string
    }
)[]
/**
 * The request breaks the rules of the format it claims to have: bytes that are not HTTP, a body that is not JSON, a member named twice, a header whose value does not parse, a URL that cannot be decoded. Nothing of it was looked at.
 *
 * Send a request that is well formed; detail says what was found and where.
 */
export type MalformedRequestProblem = Problem &
  MalformedRequestMembers & {
    type?: `${string}/problems/malformed-request`
    status?: 400
    extensions?: MalformedRequestMembers
  }
/**
 * The path exists, and answers other methods than the one used. The Allow header lists them.
 *
 * Use one of the methods in the Allow header.
 */
export type MethodNotAllowedProblem = Problem & {
  type?: `${string}/problems/method-not-allowed`
  status?: 405
}
/**
 * The Accept and Accept-Version headers together leave no representation that this operation could give.
 *
 * Ask for one of the media types listed in available.
 */
export type NotAcceptableProblem = Problem &
  NotAcceptableMembers & {
    type?: `${string}/problems/not-acceptable`
    status?: 406
    extensions: NotAcceptableMembers
  }
/**
 * The URL names nothing that exists, or nothing that the one who asks may know of. When a body names something that does not exist, such as a product, errors points at it.
 *
 * Check the id and the path. What is missing today may exist later, but waiting is no remedy.
 */
export type NotFoundProblem = Problem &
  NotFoundMembers & {
    type?: `${string}/problems/not-found`
    status?: 404
    extensions?: NotFoundMembers
  }
/**
 * An order that was cancelled, or whose payment failed, stays as it is.
 *
 * Place a new order.
 */
export type OrderClosedProblem = Problem &
  OrderClosedMembers & {
    type?: `${string}/problems/order-closed`
    status?: 409
    extensions?: OrderClosedMembers
  }
/**
 * The payment service has been asked and has not answered yet. Until it does, nobody can say whether there is a charge to give back.
 *
 * Try again after Retry-After seconds.
 */
export type OrderInProgressProblem = Problem &
  OrderInProgressMembers & {
    type?: `${string}/problems/order-in-progress`
    status?: 409
    extensions?: OrderInProgressMembers
  }
export type OrderStatus = 'pending' | 'paid' | 'payment_pending' | 'payment_failed' | 'cancelled'
export type OrderListV1 = OrderV1[]
export type PaymentStatus = 'pending' | 'captured' | 'declined' | 'refund_pending' | 'refunded' | 'voided'
/**
 * The order has reached a state from which there is nothing to cancel, such as a payment that failed.
 *
 * Nothing has to be done: an order whose payment failed holds no stock and was not charged.
 */
export type OrderNotCancellableProblem = Problem &
  OrderNotCancellableMembers & {
    type?: `${string}/problems/order-not-cancellable`
    status?: 409
    extensions?: OrderNotCancellableMembers
  }
/**
 * This instance refuses work that it could not finish in a reasonable time. Placing orders is the last thing it refuses.
 *
 * Try again after Retry-After seconds, and wait longer each time.
 */
export type OverloadedProblem = Problem & {
  type?: `${string}/problems/overloaded`
  status?: 503
}
/**
 * The patch is well formed, but touches what cannot be patched, names what does not exist, or would make something that is not allowed. It was not applied, not even in part. An error with in: "body" points into the patch, one with in: "result" into what it would have made.
 *
 * Correct the operations named in errors.
 */
export type PatchRejectedProblem = Problem &
  PatchRejectedMembers & {
    type?: `${string}/problems/patch-rejected`
    status?: 422
    extensions: PatchRejectedMembers
  }
/**
 * The patch carries a test operation, and the resource does not have the value it asks for. Nothing was changed.
 *
 * Read the resource again, and make the patch for what it is now.
 */
export type PatchTestFailedProblem = Problem &
  PatchTestFailedMembers & {
    type?: `${string}/problems/patch-test-failed`
    status?: 409
    extensions?: PatchTestFailedMembers
  }
/**
 * The body has more bytes than the limit of this service, 256 KiB. It was not read to its end.
 *
 * Send less, or send it in parts.
 */
export type PayloadTooLargeProblem = Problem & {
  type?: `${string}/problems/payload-too-large`
  status?: 413
}
/**
 * The payment service said no to the charge. Nothing was charged, and what was reserved is back on sale. The order is kept as payment_failed, and the same key gives this same answer again.
 *
 * Ask for another means of payment, and place a new order with a new key.
 */
export type PaymentDeclinedProblem = Problem &
  PaymentDeclinedMembers & {
    type?: `${string}/problems/payment-declined`
    status?: 402
    extensions: PaymentDeclinedMembers
  }
/**
 * The entity tag in If-Match is not the current one, or what is there is what If-None-Match rules out: somebody else, or an earlier try, has changed the resource in the meantime. Nothing was written. The ETag header of this answer is the current one; without it there is nothing yet.
 *
 * Read the resource again, apply the change to what it is now, and send it with the new entity tag.
 */
export type PreconditionFailedProblem = Problem & {
  type?: `${string}/problems/precondition-failed`
  status?: 412
}
/**
 * A change has to say which state of the resource it was made for, so that two people who change the same thing cannot undo each other unknowingly.
 *
 * Read the resource, and send its ETag as If-Match; or send If-Match: * to overwrite whatever there is.
 */
export type PreconditionRequiredProblem = Problem & {
  type?: `${string}/problems/precondition-required`
  status?: 428
}
export type ProductListV1 = ProductV1[]
/**
 * More requests came than the policy allows in its window. The RateLimit headers say how much is left, Retry-After when it is worth trying again.
 *
 * Wait as many seconds as Retry-After says, and spread requests over the window.
 */
export type RateLimitedProblem = Problem & {
  type?: `${string}/problems/rate-limited`
  status?: 429
}
/**
 * The request had not arrived in full within the time that one may take, and the connection was closed.
 *
 * Send it again, in one go; with an Idempotency-Key there is no danger of doing a thing twice.
 */
export type RequestTimeoutProblem = Problem & {
  type?: `${string}/problems/request-timeout`
  status?: 408
}
/**
 * Something that the service cannot work without is away, or this instance is shutting down. What was asked for may have been done all the same: an order may have been placed, and may be charged, before this answer or after it. The same Idempotency-Key finds that order for as long as it is remembered, and never charges it twice. A new key is a new order, and a new charge.
 *
 * Try again after Retry-After seconds, an order with the Idempotency-Key that it was sent with and no other.
 */
export type ServiceUnavailableProblem = Problem & {
  type?: `${string}/problems/service-unavailable`
  status?: 503
}
/**
 * The operation belongs to somebody, and the request does not prove who asks: the token is missing, has run out, or cannot be verified.
 *
 * Get a fresh token and send it as Authorization: Bearer <token>.
 */
export type UnauthorizedProblem = Problem & {
  type?: `${string}/problems/unauthorized`
  status?: 401
}
/**
 * The Content-Type of the request is none that this operation reads: Accept-Post or Accept-Patch lists those it does. Or the body is compressed: Accept-Encoding says so then.
 *
 * Send the body as one of the listed types, uncompressed, and say so in Content-Type.
 */
export type UnsupportedMediaTypeProblem = Problem & {
  type?: `${string}/problems/unsupported-media-type`
  status?: 415
}
/**
 * The URL has more than 4 KiB. No link that this service ever gave is that long.
 *
 * Use the links of earlier answers as they are, and keep parameters short.
 */
export type UriTooLongProblem = Problem & {
  type?: `${string}/problems/uri-too-long`
  status?: 414
}
/**
 * The request could be read, but members or parameters of it are missing, unknown, or not what they have to be. Every violation is listed in errors, each with a pointer to where it is, or to where the missing member would stand.
 *
 * Correct every place named in errors and send the request again.
 */
export type ValidationFailedProblem = Problem &
  ValidationFailedMembers & {
    type?: `${string}/problems/validation-failed`
    status?: 400
    extensions: ValidationFailedMembers
  }
/**
 * The version that the request asked for, by name or by leaving it to the default, or that its body is written in, had an announced end, and that day has passed.
 *
 * Ask for one of the media types listed in available, and adapt to its shape.
 */
export type VersionSunsetProblem = Problem &
  VersionSunsetMembers & {
    type?: `${string}/problems/version-sunset`
    status?: 410
    extensions: VersionSunsetMembers
  }

export interface CreateOrderV1 {
  /**
   * As the catalogue names it
   */
  productId: string
  quantity: number
  /**
   * What the payment service gave the client in place of a card
   */
  paymentToken: string
  /**
   * If given, your own: the `sub` of the token.
   */
  userId?: string
}
export interface CreateOrderV2 {
  /**
   * Those that name one product are summed; the sum is at most 999, too.
   *
   * @minItems 1
   * @maxItems 50
   */
  items: {
    /**
     * As the catalogue names it
     */
    productId: string
    quantity: number
  }[]
  /**
   * What the payment service gave the client in place of a card
   */
  paymentToken: string
  shippingAddress?: ShippingAddress
  note?: string
  metadata?: Metadata
}
export interface ShippingAddress {
  name: string
  line1: string
  line2?: string
  city: string
  region?: string
  postalCode: string
  country: CountryCode
}
export interface Metadata {
  [k: string]: string
}
/**
 * What every problem has (RFC 9457). Members beside these are particular to its type.
 */
export interface Problem {
  /**
   * Says which problem it is, and leads to a page about it.
   */
  type: string
  /**
   * The same for every occurrence.
   */
  title: string
  /**
   * The HTTP status.
   */
  status: number
  /**
   * What went wrong this time, for people.
   */
  detail: string
  /**
   * The id of the request that first met it.
   */
  instance: string
  /**
   * Once more the members that are particular to this type.
   */
  extensions?: {
    [k: string]: unknown
  }
}
export interface ForbiddenMembers {
  errors?: Violation[]
}
export interface Violation {
  /**
   * JSON pointer as a URI fragment (RFC 6901 section 6)
   */
  pointer: string
  in: 'body' | 'query' | 'header' | 'path' | 'result'
  detail: string
}
export interface InsufficientStockMembers {
  items: {
    productId: string
    requested: number
    available: number
  }[]
}
export interface MalformedRequestMembers {
  errors?: Violation[]
}
export interface NotAcceptableMembers {
  available: string[]
}
export interface NotFoundMembers {
  errors?: Violation[]
}
export interface OrderClosedMembers {
  orderStatus?: string
}
export interface OrderInProgressMembers {
  orderStatus?: string
}
export interface OrderV1 {
  id: string
  userId: string
  status: OrderStatus
  /**
   * In minor units
   */
  total: number
  createdAt: string
}
export interface OrderListV2 {
  items: OrderV2[]
  nextCursor?: string
  _links: {
    self: Link
    next?: Link
  }
}
export interface OrderV2 {
  id: string
  status: OrderStatus
  items: {
    productId: string
    name: string
    quantity: number
    unitPrice: Money
    subtotal: Money
  }[]
  total: Money
  payment: {
    status: PaymentStatus
    reference?: string
    declineCode?: string
  }
  shippingAddress?: ShippingAddress
  note?: string
  metadata: {
    [k: string]: string
  }
  revision: number
  createdAt: string
  updatedAt: string
  _links: {
    self: Link
    cancel?: Link
    /**
     * One a line
     */
    product: Link[]
  }
}
export interface Money {
  /**
   * In minor units
   */
  amount: number
  /**
   * ISO 4217
   */
  currency: string
}
export interface Link {
  href: string
}
/**
 * What is named changes, `null` removes (RFC 7396).
 */
export interface OrderMergePatch {
  note?: string | null
  shippingAddress?: {
    name?: string
    line1?: string
    line2?: string | null
    city?: string
    region?: string | null
    postalCode?: string
    country?: CountryCode
  } | null
  metadata?: {
    [k: string]: string | null
  } | null
}
export interface OrderNotCancellableMembers {
  orderStatus?: string
}
export interface PatchRejectedMembers {
  errors: Violation[]
}
export interface PatchTestFailedMembers {
  errors?: Violation[]
}
export interface PaymentDeclinedMembers {
  orderId: string
  declineCode: string
}
export interface ProductV1 {
  id: string
  name: string
  /**
   * In minor units of the currency.
   */
  price: number
  stock: number
}
export interface ProductListV2 {
  items: ProductV2[]
  nextCursor?: string
  _links: {
    self: Link
    next?: Link
  }
}
export interface ProductV2 {
  id: string
  name: string
  description: string
  price: {
    /**
     * In minor units of the currency.
     */
    amount: number
    currency: string
  }
  availability: {
    inStock: boolean
    quantity: number
  }
  _links: {
    self: Link
  }
}
/**
 * What is named changes, `null` removes (RFC 7396).
 */
export interface UserMergePatch {
  name?: string | null
  email?: string | null
  avatarUrl?: string | null
  preferences?: {
    [k: string]: unknown
  } | null
}
export interface UserV1 {
  id: string
  /**
   * Up to 200 characters
   */
  name: string | null
  /**
   * Where mail about orders goes
   */
  email: string | null
}
export interface UserV2 {
  /**
   * The `sub` of the token
   */
  id: string
  /**
   * Up to 200 characters
   */
  name: string | null
  /**
   * Where mail about orders goes
   */
  email: string | null
  /**
   * An https URL
   */
  avatarUrl: string | null
  /**
   * Any JSON object, up to 16 KiB and 16 levels of nesting
   */
  preferences: {
    [k: string]: unknown
  }
  revision: number
  createdAt: string
  updatedAt: string
  _links: {
    self: Link
  }
}
export interface ValidationFailedMembers {
  errors: Violation[]
}
export interface VersionSunsetMembers {
  available: string[]
}

/** What each version of the interface reads and writes. */
export interface Representations {
  1: {
    CreateOrder: CreateOrderV1
    OrderList: OrderListV1
    Order: OrderV1
    ProductList: ProductListV1
    Product: ProductV1
    User: UserV1
  }
  2: {
    CreateOrder: CreateOrderV2
    OrderList: OrderListV2
    Order: OrderV2
    ProductList: ProductListV2
    Product: ProductV2
    User: UserV2
  }
}

/** Every problem that the service answers with, by the end of its `type`. */
export interface Problems {
  'forbidden': ForbiddenProblem
  'header-fields-too-large': HeaderFieldsTooLargeProblem
  'idempotency-in-progress': IdempotencyInProgressProblem
  'idempotency-key-invalid': IdempotencyKeyInvalidProblem
  'idempotency-key-missing': IdempotencyKeyMissingProblem
  'idempotency-key-reused': IdempotencyKeyReusedProblem
  'insufficient-stock': InsufficientStockProblem
  'internal-error': InternalErrorProblem
  'malformed-request': MalformedRequestProblem
  'method-not-allowed': MethodNotAllowedProblem
  'not-acceptable': NotAcceptableProblem
  'not-found': NotFoundProblem
  'order-closed': OrderClosedProblem
  'order-in-progress': OrderInProgressProblem
  'order-not-cancellable': OrderNotCancellableProblem
  'overloaded': OverloadedProblem
  'patch-rejected': PatchRejectedProblem
  'patch-test-failed': PatchTestFailedProblem
  'payload-too-large': PayloadTooLargeProblem
  'payment-declined': PaymentDeclinedProblem
  'precondition-failed': PreconditionFailedProblem
  'precondition-required': PreconditionRequiredProblem
  'rate-limited': RateLimitedProblem
  'request-timeout': RequestTimeoutProblem
  'service-unavailable': ServiceUnavailableProblem
  'unauthorized': UnauthorizedProblem
  'unsupported-media-type': UnsupportedMediaTypeProblem
  'uri-too-long': UriTooLongProblem
  'validation-failed': ValidationFailedProblem
  'version-sunset': VersionSunsetProblem
}

/** The slugs of {@link Problems}, at run time. */
export const problemSlugs = [
  'forbidden',
  'header-fields-too-large',
  'idempotency-in-progress',
  'idempotency-key-invalid',
  'idempotency-key-missing',
  'idempotency-key-reused',
  'insufficient-stock',
  'internal-error',
  'malformed-request',
  'method-not-allowed',
  'not-acceptable',
  'not-found',
  'order-closed',
  'order-in-progress',
  'order-not-cancellable',
  'overloaded',
  'patch-rejected',
  'patch-test-failed',
  'payload-too-large',
  'payment-declined',
  'precondition-failed',
  'precondition-required',
  'rate-limited',
  'request-timeout',
  'service-unavailable',
  'unauthorized',
  'unsupported-media-type',
  'uri-too-long',
  'validation-failed',
  'version-sunset',
] as const satisfies readonly (keyof Problems)[]
