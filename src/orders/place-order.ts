import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DatabaseUnavailable } from '#plugins/database/unavailable.ts'
import { sendExact } from '#plugins/exact-body.ts'
import { fingerprint } from '#plugins/idempotency-key.ts'
import { addLink } from '#plugins/link-header.ts'
import { problem } from '../problems.ts'
import { keepableClaims } from '../users/user.ts'
import { newOrderId } from './order-id.ts'
import type { Orders } from './orders.ts'
import type { KeyResult } from './outcomes.ts'
import type { AnswerFormat, OrderRequest, Placement, PlacementOutcome, StoredResponse } from './placement.ts'
import { type OrderVersion, versionOf } from './versions.ts'

/** How long a repeated request waits for the first one's answer: the contract's two seconds. */
const WAIT_FOR_FIRST_MS = 2_000
/** How often it looks meanwhile: an answer usually takes about as long. */
const LOOK_EVERY_MS = 50

/** `POST /orders`: claim, place, charge, settle, answer; or whatever the key was answered before. */
export async function placeOrder(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { orders } = request.server
  const version = versionOf(orders.versions, request.bodyVersion)
  const order = readOrder(request, version)
  const placement: Placement = {
    orderId: newOrderId(),
    principal: { id: request.principal.id, ...keepableClaims(request.principal) },
    key: request.idempotencyKey,
    fingerprint: fingerprint({
      body: request.body,
      bodyVersion: request.bodyVersion,
      version: request.version,
    }),
    format: { version: request.version, mediaType: request.responseType, requestId: request.id },
    traceparent: request.traceparent,
    request: order,
  }

  const result = await orders.store.place(placement)
  tellKey(request, KEY_RESULTS[result.outcome])
  const { response, replayed } = await answer(orders, placement, request, result, version).catch(lostMidway)
  return send(reply, response, replayed)
}

function readOrder(request: FastifyRequest, version: OrderVersion): OrderRequest {
  const { userId, ...order } = version.read(request.body)
  if (userId !== undefined && userId !== request.principal.id) {
    throw problem('forbidden', {
      detail: 'An order can only be placed for yourself: userId is somebody else.',
    })
  }
  return order
}

/** One that is in flight is a hit if it is done in time, and else found to be in progress. */
const KEY_RESULTS = {
  placed: 'miss',
  resumed: 'miss',
  'unknown-product': 'miss',
  'insufficient-stock': 'miss',
  replay: 'hit',
  reused: 'conflict',
  'in-flight': undefined,
} as const satisfies Record<PlacementOutcome['outcome'], KeyResult | undefined>

function tellKey(request: FastifyRequest, result: KeyResult | undefined): void {
  if (result === undefined) return
  request.idempotencyResult = result
  request.server.orders.events.key(result)
}

interface Answer {
  response: StoredResponse
  replayed: boolean
}

async function answer(
  orders: Orders,
  placement: Placement,
  request: FastifyRequest,
  result: PlacementOutcome,
  version: OrderVersion,
): Promise<Answer> {
  const finish = (order: Parameters<Orders['finish']>[0], format: AnswerFormat) =>
    orders.finish(order, format, { requestId: request.id, traceparent: request.traceparent })
  switch (result.outcome) {
    case 'placed':
      orders.stockChanged(result.order.lines.map(({ productId }) => productId))
      return { response: await finish(result.order, placement.format), replayed: false }
    case 'resumed':
      return { response: await finish(result.order, result.format), replayed: false }
    case 'replay':
      return { response: result.response, replayed: true }
    case 'in-flight':
      return { response: await waitForFirst(placement, request, result), replayed: true }
    case 'reused':
      throw problem('idempotency-key-reused')
    case 'unknown-product':
      throw unknownProduct(placement.request, result.productIds, version)
    case 'insufficient-stock':
      orders.events.outcome('insufficient_stock')
      throw problem('insufficient-stock', {
        detail: result.items
          .map(({ name, available }) => `${name} has only ${available} in stock`)
          .join('; '),
        extensions: {
          items: result.items.map(({ productId, requested, available }) => ({
            productId,
            requested,
            available,
          })),
        },
      })
  }
}

/**
 * The database answered the claim and went away since. Whoever took this 503 for a refusal and ordered again under
 * another key would be charged twice.
 */
function lostMidway(error: unknown): never {
  if (!(error instanceof DatabaseUnavailable)) throw error
  throw problem('service-unavailable', {
    detail:
      'The order was placed and may have been charged, but the database is away, so its end is not known yet. Ask again shortly with the same Idempotency-Key; another key would be another order.',
    headers: error.headers,
    cause: error,
  })
}

async function waitForFirst(
  placement: Placement,
  request: FastifyRequest,
  { orderId, leaseSecondsLeft }: { orderId: string; leaseSecondsLeft: number },
): Promise<StoredResponse> {
  const giveUpAt = performance.now() + WAIT_FOR_FIRST_MS
  while (performance.now() < giveUpAt) {
    await pause(LOOK_EVERY_MS)
    const response = await request.server.orders.store.findResponse({
      principal: placement.principal.id,
      key: placement.key,
      orderId,
    })
    if (response !== null) {
      tellKey(request, 'hit')
      return response
    }
  }
  tellKey(request, 'in_progress')
  const left = Math.max(1, Math.ceil(leaseSecondsLeft - WAIT_FOR_FIRST_MS / 1000))
  throw problem('idempotency-in-progress', { headers: { 'retry-after': String(left) } })
}

function unknownProduct({ items }: OrderRequest, productIds: string[], version: OrderVersion) {
  const errors = items.flatMap(({ productId }, index) =>
    productIds.includes(productId)
      ? [
          {
            pointer: `${version.itemPointer(index)}/productId`,
            in: 'body' as const,
            detail: `there is no ${productId}`,
          },
        ]
      : [],
  )
  return problem('not-found', {
    detail: `There is no product ${productIds.join(', ')}.`,
    extensions: { errors },
  })
}

function send(
  reply: FastifyReply,
  { status, headers, body }: StoredResponse,
  replayed: boolean,
): FastifyReply {
  if (replayed) reply.header('idempotency-replayed', 'true')
  const { 'content-type': contentType = '', link, ...others } = headers
  reply.code(status).header('cache-control', 'private, no-cache').headers(others)
  if (link !== undefined) addLink(reply, link)
  return sendExact(reply, contentType, body)
}
