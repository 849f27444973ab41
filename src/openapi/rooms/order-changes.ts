import { Type } from 'typebox'
import { NoteSchema, ShippingAddressSchema } from '../../orders/schemas.ts'
import { orderPatches } from '../examples/order-patches.ts'
import { versionHeaders } from '../headers.ts'
import type { Endpoint } from '../open-api.ts'
import { cancelledOrderContent, changedOrderContent } from './order-bodies.ts'
import { mergePart, nullable, patchContent, patchExamples } from './patches.ts'

const headers = [...versionHeaders, 'ETag', 'Cache-Control'] as const

const patchOrder: Endpoint = {
  method: 'patch',
  path: '/orders/{id}',
  operationId: 'changeOrder',
  summary: 'Change what is not yet settled of an order',
  description: `Changes \`/note\`, \`/shippingAddress\`, \`/metadata\` and whatever lies below them, until the order is cancelled or its payment
has failed. They have these names in every version; the version decides the answer only.

The patch is applied whole or not at all, to the state that \`If-Match\` names. A pointer of \`errors\` with \`in: "body"\` points into the
patch, one with \`in: "result"\` into what it would have made. A patch that changes nothing leaves the \`ETag\` as it is.`,
  access: 'bearer',
  versioned: true,
  parameters: ['OrderId', 'IfMatch', 'AcceptVersion'],
  body: { description: 'What to change.', required: true, content: patchContent('Order') },
  answers: { 200: { description: 'The order as it is now.', headers, content: changedOrderContent } },
  problems: [
    'validation-failed',
    'not-found',
    'order-closed',
    'patch-test-failed',
    'patch-rejected',
    'precondition-required',
  ],
}

const cancelOrder: Endpoint = {
  method: 'post',
  path: '/orders/{id}/cancel',
  operationId: 'cancelOrder',
  summary: 'Call an order off',
  description: `Puts what was ordered back on sale, and gives the money back: at once if the charge had not been sent, else by a refund
that follows by itself. Takes no body, and no key: cancelling what is cancelled is answered alike, so it is safe to repeat.`,
  access: 'bearer',
  versioned: true,
  parameters: ['OrderId', 'IfMatchIfAny', 'AcceptVersion'],
  answers: { 200: { description: 'The cancelled order.', headers, content: cancelledOrderContent } },
  problems: ['not-found', 'order-not-cancellable', 'order-in-progress'],
}

export const orderChangeSchemas = {
  CountryCode: ShippingAddressSchema.properties.country,
  OrderMergePatch: Type.Object(
    {
      note: Type.Optional(nullable(NoteSchema)),
      shippingAddress: Type.Optional(nullable(mergePart(ShippingAddressSchema))),
      metadata: Type.Optional(
        nullable(
          Type.Unsafe<Record<string, string | null>>({
            type: 'object',
            additionalProperties: nullable(Type.String({ maxLength: 500 })),
          }),
        ),
      ),
    },
    {
      title: 'Merge patch of an order',
      description: 'What is named changes, `null` removes (RFC 7396).',
      additionalProperties: false,
    },
  ),
}

export const orderChangeExamples = patchExamples('Order', orderPatches.operations, orderPatches.merge)

export const orderChanges: readonly Endpoint[] = [patchOrder, cancelOrder]
