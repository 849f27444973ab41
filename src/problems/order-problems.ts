import { Type } from 'typebox'
import { type ProblemDefinition, violationsSchema } from './definition.ts'

const orderStatus = Type.Object({ orderStatus: Type.Optional(Type.String()) })

/** Problems of placing, changing and cancelling. */
export const orderProblems = {
  'idempotency-key-missing': {
    status: 400,
    title: 'Idempotency key missing',
    detail: 'This operation needs an Idempotency-Key header.',
    meaning:
      'Placing an order charges somebody. A key that the client makes for each order lets it send the request as often as the network makes it necessary, and be charged once.',
    remedy:
      'Make a key for each order, such as a UUID, keep it over all tries, and send it as Idempotency-Key: "<key>".',
    retryable: false,
    example: { detail: 'This operation needs an Idempotency-Key header.' },
  },
  'idempotency-key-invalid': {
    status: 400,
    title: 'Idempotency key invalid',
    detail: 'The Idempotency-Key header has no form that a key can have.',
    meaning:
      'A key is 1 to 255 characters of printable ASCII, sent once, in quotes (RFC 8941), or bare if it has no spaces.',
    remedy: 'Send a key such as "3f2a9c1e-7d54-4c1b-9f7e-0a8b6f1d2c3e", quotes included.',
    retryable: false,
    example: { detail: 'The key has 300 characters; at most 255 are allowed.' },
  },
  'payment-declined': {
    status: 402,
    title: 'Payment declined',
    detail: 'The payment was declined.',
    meaning:
      'The payment service said no to the charge. Nothing was charged, and what was reserved is back on sale. The order is kept as payment_failed, and the same key gives this same answer again.',
    remedy: 'Ask for another means of payment, and place a new order with a new key.',
    retryable: false,
    members: Type.Object({ orderId: Type.String(), declineCode: Type.String() }),
    example: {
      detail: 'The card was declined.',
      extensions: { orderId: 'ord_01jd2t8x0ye8p9rbk5w7q3m4fz', declineCode: 'generic_decline' },
    },
  },
  'insufficient-stock': {
    status: 409,
    title: 'Insufficient stock',
    detail: 'There is not enough in stock.',
    meaning:
      'At least one line asks for more than there is. items lists every such line with what was asked for and what there is. Where it was the shop that had too few, no order was placed. Where it was the warehouse, the order is cancelled, anything that was charged is given back, and the same key gives this same answer again, with Idempotency-Replayed.',
    remedy:
      'Order at most what is available, or wait until the product is in stock again. The same key will do, unless its answer says Idempotency-Replayed: then make a new one.',
    retryable: true,
    members: Type.Object({
      items: Type.Array(
        Type.Object({ productId: Type.String(), requested: Type.Integer(), available: Type.Integer() }),
      ),
    }),
    example: {
      detail: 'Walnut desk has only 2 in stock',
      extensions: { items: [{ productId: 'desk-walnut', requested: 3, available: 2 }] },
    },
  },
  'idempotency-in-progress': {
    status: 409,
    title: 'Idempotency key in progress',
    detail: 'The first request with this key has not finished yet.',
    meaning:
      'A request with the same key and the same content is under way. It will finish, here or after a restart, and its answer will be kept for this key.',
    remedy: 'Send the same request with the same key again after Retry-After seconds.',
    retryable: true,
    example: { detail: 'The first request with this key has not finished yet.' },
  },
  'order-not-cancellable': {
    status: 409,
    title: 'Order not cancellable',
    detail: 'The order cannot be cancelled any more.',
    meaning:
      'The order has reached a state from which there is nothing to cancel, such as a payment that failed.',
    remedy: 'Nothing has to be done: an order whose payment failed holds no stock and was not charged.',
    retryable: false,
    members: orderStatus,
    example: {
      detail: 'An order whose payment failed cannot be cancelled.',
      extensions: { orderStatus: 'payment_failed' },
    },
  },
  'order-in-progress': {
    status: 409,
    title: 'Order in progress',
    detail: 'The charge for this order is under way.',
    meaning:
      'The payment service has been asked and has not answered yet. Until it does, nobody can say whether there is a charge to give back.',
    remedy: 'Try again after Retry-After seconds.',
    retryable: true,
    members: orderStatus,
    example: { detail: 'The charge for this order is under way.', extensions: { orderStatus: 'pending' } },
  },
  'order-closed': {
    status: 409,
    title: 'Order closed',
    detail: 'The order cannot be changed any more.',
    meaning: 'An order that was cancelled, or whose payment failed, stays as it is.',
    remedy: 'Place a new order.',
    retryable: false,
    members: orderStatus,
    example: { detail: 'A cancelled order cannot be changed.', extensions: { orderStatus: 'cancelled' } },
  },
  'patch-test-failed': {
    status: 409,
    title: 'Patch test failed',
    detail: 'A test operation of the patch did not hold.',
    meaning:
      'The patch carries a test operation, and the resource does not have the value it asks for. Nothing was changed.',
    remedy: 'Read the resource again, and make the patch for what it is now.',
    retryable: false,
    members: Type.Object({ errors: Type.Optional(violationsSchema) }),
    example: {
      detail: 'The value at /note is another one.',
      extensions: { errors: [{ pointer: '#/0', in: 'body', detail: 'does not hold' }] },
    },
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    detail: 'This key belongs to a request with other content.',
    meaning:
      'A key stands for one request. This one was used before with another body or another version, and answering either of the two would be wrong.',
    remedy: 'Make a new key for a new order. To repeat the old one, send exactly what was sent then.',
    retryable: false,
    example: { detail: 'This key belongs to a request with other content.' },
  },
  'patch-rejected': {
    status: 422,
    title: 'Patch rejected',
    detail: 'The patch cannot be applied to this resource.',
    meaning:
      'The patch is well formed, but touches what cannot be patched, names what does not exist, or would make something that is not allowed. It was not applied, not even in part. An error with in: "body" points into the patch, one with in: "result" into what it would have made.',
    remedy: 'Correct the operations named in errors.',
    retryable: false,
    members: Type.Object({ errors: violationsSchema }),
    example: {
      detail: 'The patch cannot be applied to this order.',
      extensions: { errors: [{ pointer: '#/0/path', in: 'body', detail: 'cannot be patched' }] },
    },
  },
} as const satisfies Record<string, ProblemDefinition>
