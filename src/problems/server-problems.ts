import type { ProblemDefinition } from './definition.ts'

/** Problems that are the service's own, not the request's. */
export const serverProblems = {
  'internal-error': {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong on our side.',
    meaning:
      'The service met something it was not made for. What it was stands in its log under the request id that this problem carries as instance.',
    remedy:
      'Try again a little later; placing an order is safe to repeat with the same Idempotency-Key. If it stays, report it with the value of instance.',
    retryable: true,
    example: { detail: 'Something went wrong on our side.' },
  },
  'service-unavailable': {
    status: 503,
    title: 'Service unavailable',
    detail: 'The service cannot do this at the moment.',
    meaning:
      'Something that the service cannot work without is away, or this instance is shutting down. What was asked for may have been done all the same: an order may have been placed, and may be charged, before this answer or after it. The same Idempotency-Key finds that order for as long as it is remembered, and never charges it twice. A new key is a new order, and a new charge.',
    remedy:
      'Try again after Retry-After seconds, an order with the Idempotency-Key that it was sent with and no other.',
    retryable: true,
    example: { detail: 'The service cannot do this at the moment.' },
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    detail: 'The service has more to do than it can take.',
    meaning:
      'This instance refuses work that it could not finish in a reasonable time. Placing orders is the last thing it refuses.',
    remedy: 'Try again after Retry-After seconds, and wait longer each time.',
    retryable: true,
    example: { detail: 'The service has more to do than it can take.' },
  },
} as const satisfies Record<string, ProblemDefinition>
