import { type Static, Type } from 'typebox'
import { applyPatch, compileResult, equalJson, type Patch } from '#plugins/json-patch.ts'
import { changedAt } from '../changed-at.ts'
import type { Order } from './order.ts'
import { MetadataSchema, NoteSchema, ShippingAddressSchema } from './schemas.ts'

/** What a patch of an order sees, and all it sees; the same in every version. */
const DetailsSchema = Type.Object(
  {
    note: Type.Optional(NoteSchema),
    shippingAddress: Type.Optional(ShippingAddressSchema),
    metadata: Type.Optional(MetadataSchema),
  },
  { additionalProperties: false },
)

type OrderDetails = Pick<Order, 'note' | 'shippingAddress' | 'metadata'>

const PATCHABLE = { patchable: ['/note', '/shippingAddress', '/metadata'] }

const readResult = compileResult(DetailsSchema)

/** Whether the order may still be changed: not once it was called off, or could not be paid. */
export const isOpen = ({ status }: Order) => status !== 'cancelled' && status !== 'payment_failed'

/**
 * The order as a patch makes it, one revision on; the very same order where the patch changes nothing.
 *
 * @throws Problem patch-rejected or patch-test-failed
 */
export function patchedOrder(order: Order, patch: Patch, at: Date): Order {
  const details = withDefaults(readResult(applyPatch(toDocument(order), patch, PATCHABLE)))
  const { note, shippingAddress, metadata } = order
  if (equalJson(details, { note, shippingAddress, metadata })) return order
  return {
    ...order,
    ...details,
    revision: order.revision + 1,
    updatedAt: changedAt(at, order),
  }
}

/** What is not there has no member, as in the order's representation. */
function toDocument({ note, shippingAddress, metadata }: OrderDetails): Static<typeof DetailsSchema> {
  return {
    ...(note === null ? {} : { note }),
    ...(shippingAddress === null ? {} : { shippingAddress }),
    metadata,
  }
}

function withDefaults(document: Static<typeof DetailsSchema>): OrderDetails {
  return {
    note: document.note ?? null,
    shippingAddress: document.shippingAddress ?? null,
    metadata: document.metadata ?? {},
  }
}
