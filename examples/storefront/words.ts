import {
  isProblem,
  NetworkError,
  TimeoutError,
  UnexpectedAnswerError,
} from '../../clients/typescript/src/client.ts'

/** What went wrong, for somebody who wants a desk and not a stack trace. */
export function wordsFor(error: unknown, nameOf: (productId: string) => string = (id) => id): string {
  if (error instanceof NetworkError) return 'The shop cannot be reached. Is the network there?'
  if (error instanceof TimeoutError) return 'The shop takes too long to answer.'
  if (error instanceof UnexpectedAnswerError) return 'The shop gave an answer that makes no sense.'
  // Thrown by `localStorage` and by `navigator.locks`.
  if (error instanceof DOMException)
    return 'Nothing was ordered. An order has to be written down before it is sent, and this browser has no room left for that, or forbids it. See to that, and press again.'
  if (!isProblem(error)) return error instanceof Error ? error.message : String(error)
  switch (error.slug) {
    case 'insufficient-stock':
      return error.problem.items
        .map(({ productId, requested, available }) =>
          available === 0
            ? `${nameOf(productId)} is sold out.`
            : `There ${available === 1 ? 'is' : 'are'} only ${available} of ${nameOf(productId)}, and you asked for ${requested}.`,
        )
        .join(' ')
    case 'payment-declined':
      return 'The card was declined. Nothing was charged; choose another card and order again.'
    case 'rate-limited':
    case 'overloaded':
    case 'service-unavailable':
      return 'The shop is very busy. Nothing is lost; try again in a moment.'
    case 'unauthorized':
      return 'The shop does not know you any more. Reload the page.'
    case 'order-not-cancellable':
      return 'There is nothing left to call off.'
    case 'order-in-progress':
      return 'The payment is just being made. Try again in a moment.'
    case 'version-sunset':
      return 'This version of the interface is gone. Switch to the other one.'
    case 'not-found':
      return error.problem.errors === undefined
        ? 'The shop has no such thing.'
        : 'Something in the basket is not sold any more.'
    case 'validation-failed':
      return `The order cannot be read: ${error.problem.errors.map(({ detail }) => detail).join(', ')}.`
    default:
      // What the service says of itself is written for people too.
      return error.problem.detail
  }
}
