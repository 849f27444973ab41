import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { PATCH_MEDIA_TYPES } from '#plugins/json-patch.ts'
import { cancelOrder } from './cancel-order.ts'
import { getOrder } from './get-order.ts'
import { listOrders } from './list-orders.ts'
import { patchOrder } from './patch-order.ts'
import { placeOrder } from './place-order.ts'

/** What is no order's id is an order that does not exist, so its form is not judged here. */
const byId = { params: Type.Object({ id: Type.String() }) }
/** Which page, and which orders; listOrders reads each strictly, and tells all that is wrong at once. */
const given = Type.Optional(Type.Unknown())
const page = { querystring: Type.Object({ limit: given, cursor: given, status: given }) }

/**
 * Twice what the payment service is asked at once, so that one that hangs cannot take every place; and few enough that
 * at a hundred orders a second the last of them is answered before its client gives up.
 */
const ORDERS_AT_ONCE = 512

/** Everything under `/orders` wants a token, and answers in the version that was negotiated. */
export const orderRoutes: FastifyPluginAsyncTypebox = async (app) => {
  const versions = Object.keys(app.orders.versions).map(Number)
  const order = { type: 'order', versions }
  const list = { type: 'order-list', versions }

  app.post(
    '/orders',
    {
      onRequest: [
        app.authenticate,
        app.acceptVersion(order),
        app.acceptBody(order),
        app.requireIdempotencyKey,
      ],
      config: { shedding: 'last', atOnce: ORDERS_AT_ONCE },
    },
    placeOrder,
  )
  app.get('/orders', { schema: page, onRequest: [app.authenticate, app.acceptVersion(list)] }, listOrders)
  app.get(
    '/orders/:id',
    { schema: byId, onRequest: [app.authenticate, app.acceptVersion(order)], config: { shedding: 'middle' } },
    getOrder,
  )
  app.patch(
    '/orders/:id',
    {
      schema: byId,
      onRequest: [app.authenticate, app.acceptVersion(order), app.acceptPatch(PATCH_MEDIA_TYPES)],
      config: { shedding: 'middle' },
    },
    patchOrder,
  )
  app.post(
    '/orders/:id/cancel',
    {
      schema: byId,
      onRequest: [app.authenticate, app.acceptVersion(order)],
      config: { body: false, shedding: 'middle' },
    },
    cancelOrder,
  )
}
