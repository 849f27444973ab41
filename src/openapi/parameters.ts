import { REQUEST_ID } from '#plugins/request-id.ts'
import { ORDER_STATUSES } from '../orders/order.ts'
import { PRODUCT_ID } from '../products/product.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly description: string
  readonly required: boolean
  readonly schema: object
  /**
   * What the reader at `/docs` fills in, so it has to be one that can be sent. None for what only the service can make, a
   * cursor or a tag, and for a version, which would refuse the media type that is chosen beside it.
   */
  readonly example?: string | number
}

/** Every parameter, by its name under `components/parameters`. */
export const parameters = {
  AcceptVersion: {
    name: 'Accept-Version',
    in: 'header',
    description:
      'Narrows the answer to this version, for clients that would rather not write media types. Holds together with `Accept`.',
    required: false,
    schema: { type: 'integer', minimum: 1 },
  },
  Cursor: {
    name: 'cursor',
    in: 'query',
    description:
      'Where the page begins: what the page before gave as `nextCursor` or in its `next` link. Opaque, and good for the list it came from only.',
    required: false,
    schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,1024}$' },
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Made by the client for each order and kept over all tries: 1 to 255 characters of printable ASCII, in quotes (an RFC 8941 string), or bare if it has no spaces. The two forms are one key.',
    required: true,
    schema: { type: 'string', pattern: '^[\\x20-\\x7e]+$' },
    example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The `ETag` of the state that the change was made for, in the version that is asked for, or `*` for whatever state there is.',
    required: true,
    schema: { type: 'string' },
    example: '*',
  },
  IfMatchIfAny: {
    name: 'If-Match',
    in: 'header',
    description: 'The `ETag` of the state that is meant, for a client that does not want to act on another.',
    required: false,
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of what the client has; the answer is `304` if that is still current.',
    required: false,
    schema: { type: 'string' },
  },
  Limit: {
    name: 'limit',
    in: 'query',
    description: 'How many there are on a page at most.',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    example: 20,
  },
  OrderId: {
    name: 'id',
    in: 'path',
    description:
      "The id of an order: `ord_` and a UUIDv7 in the base32 form of TypeID. The example is nobody's, so it is not found: put one of yours in its place.",
    required: true,
    // Wider than an id has to be, so that no client refuses tomorrow what it sent yesterday.
    schema: { type: 'string', pattern: '^ord_[0-7][0-9a-hjkmnp-tv-z]{25}$' },
    example: 'ord_01jd2t8x0ye8p9rbk5w7q3m4fz',
  },
  OrderStatus: {
    name: 'status',
    in: 'query',
    description: 'Only orders with this status.',
    required: false,
    schema: { type: 'string', enum: [...ORDER_STATUSES] },
    example: 'paid',
  },
  ProblemSlug: {
    name: 'slug',
    in: 'path',
    description: "The last segment of a problem's `type`.",
    required: true,
    schema: { type: 'string' },
    example: 'insufficient-stock',
  },
  ProductId: {
    name: 'id',
    in: 'path',
    description: 'The id of a product, as the catalogue names it.',
    required: true,
    schema: { type: 'string', pattern: PRODUCT_ID.source },
    example: 'desk-walnut',
  },
  RequestId: {
    name: 'X-Request-Id',
    in: 'header',
    description:
      'Names the request in logs, in problems, and to everything behind the service. One of another form is replaced.',
    required: false,
    schema: { type: 'string', pattern: REQUEST_ID.source },
    example: '0f6f8a52-3c1f-4b57-9a40-6d1c8f9e2b73',
  },
} as const satisfies Readonly<Record<string, Parameter>>

export type ParameterName = keyof typeof parameters
