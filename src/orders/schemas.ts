import { Type } from 'typebox'
import { isForbiddenName } from '#plugins/json-patch.ts'
import { PRODUCT_ID } from '../products/product.ts'
import { countryCodes } from './country-codes.ts'
import { ORDER_STATUSES, type OrderStatus, PAYMENT_STATUSES, type PaymentStatus } from './order.ts'

/** The parts that order bodies of every version are made of. Lengths count Unicode code points. */

export const ProductId = Type.String({
  pattern: PRODUCT_ID.source,
  description: 'As the catalogue names it',
})

const MOST = 999

export const Quantity = Type.Integer({ minimum: 1, maximum: MOST })

/** The bound on a quantity holds for the sum of the lines that name one product, too. */
export const ItemsSchema = Type.Array(
  Type.Object({ productId: ProductId, quantity: Quantity }, { additionalProperties: false }),
  {
    minItems: 1,
    maxItems: 50,
    'x-maximumSum': { of: 'quantity', by: 'productId', maximum: MOST },
    description: `Those that name one product are summed; the sum is at most ${MOST}, too.`,
  },
)

export const PaymentToken = Type.String({
  pattern: '^[\\x21-\\x7e]{1,255}$',
  description: 'What the payment service gave the client in place of a card',
})

export const OrderStatusSchema = Type.Unsafe<OrderStatus>({ type: 'string', enum: [...ORDER_STATUSES] })

export const PaymentStatusSchema = Type.Unsafe<PaymentStatus>({ type: 'string', enum: [...PAYMENT_STATUSES] })

export const LinkSchema = Type.Object({ href: Type.String() })

export const MoneySchema = Type.Object({
  amount: Type.Integer({ description: 'In minor units' }),
  currency: Type.String({ description: 'ISO 4217' }),
})

const addressLine = (maxLength: number) => Type.String({ minLength: 1, maxLength })

export const ShippingAddressSchema = Type.Object(
  {
    name: addressLine(200),
    line1: addressLine(200),
    line2: Type.Optional(addressLine(200)),
    city: addressLine(100),
    region: Type.Optional(addressLine(100)),
    postalCode: addressLine(20),
    country: Type.Unsafe<string>({ type: 'string', enum: countryCodes, description: 'ISO 3166-1 alpha-2' }),
  },
  { additionalProperties: false },
)

export const NoteSchema = Type.String({ maxLength: 1000 })

/** What no patch may name, a new order does not have either: nobody could take it out again. */
const MetadataName = Type.Refine(
  Type.String({ minLength: 1, maxLength: 40, description: 'Not `__proto__`, `constructor` or `prototype`' }),
  (name) => !isForbiddenName(name),
  () => 'no member may have',
)

export const MetadataSchema = Type.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: 50,
  propertyNames: MetadataName,
  additionalProperties: { type: 'string', maxLength: 500 },
})
