import type { FastifyPluginAsync } from 'fastify'
import { PATCH_MEDIA_TYPES } from '#plugins/json-patch.ts'
import { cancelOrder } from './cancel-order.ts'
import { getOrder } from './get-order.ts'
import { listOrders } from './list-orders.ts'
import { patchOrder } from './patch-order.ts'
import { placeOrder } from './place-order.ts'

/** Everything under `/orders` wants a token, and answers in the version that was negotiated. */
export const orderRoutes: FastifyPluginAsync = async (app) => {
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
      config: { shedding: 'last' },
    },
    placeOrder,
  )
  app.get<{ Querystring: { status?: unknown } }>(
    '/orders',
    { onRequest: [app.authenticate, app.acceptVersion(list)] },
    listOrders,
  )
  app.get<{ Params: { id: string } }>(
    '/orders/:id',
    { onRequest: [app.authenticate, app.acceptVersion(order)], config: { shedding: 'middle' } },
    getOrder,
  )
  app.patch<{ Params: { id: string } }>(
    '/orders/:id',
    { onRequest: [app.authenticate, app.acceptVersion(order), app.acceptPatch(PATCH_MEDIA_TYPES)] },
    patchOrder,
  )
  app.post<{ Params: { id: string } }>(
    '/orders/:id/cancel',
    { onRequest: [app.authenticate, app.acceptVersion(order)], config: { body: false } },
    cancelOrder,
  )
}
