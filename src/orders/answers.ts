import { type Problem, type ProblemFormat, renderProblem } from '#plugins/problem-details.ts'
import { problem } from '../problems.ts'
import type { Order } from './order.ts'
import type { AnswerFormat, StoredResponse } from './placement.ts'
import { type OrderVersions, orderEtag, versionOf } from './versions.ts'

export type Answers = ReturnType<typeof createAnswers>

/**
 * The answers to a placed order, byte for byte: they are kept with the idempotency key and given again whenever
 * the client asks again. So nothing here may depend on when, or by whom, an answer is made.
 */
export function createAnswers(versions: OrderVersions, problems: ProblemFormat) {
  return {
    created: (order: Order, { version, mediaType }: AnswerFormat): StoredResponse => ({
      status: 201,
      headers: {
        'content-type': mediaType,
        location: `/orders/${order.id}`,
        etag: orderEtag(order, version),
      },
      body: versionOf(versions, version).write(order),
    }),

    declined: (order: Order, declineCode: string, format: AnswerFormat) =>
      refusal(
        problem('payment-declined', {
          detail: 'The payment was declined. The order was not placed, and what was in it is back on sale.',
          extensions: { orderId: order.id, declineCode },
        }),
        format,
      ),

    refusedByWarehouse: (order: Order, format: AnswerFormat) =>
      refusal(
        problem('insufficient-stock', {
          detail: `The warehouse does not have what was ordered. ${ofTheMoney(order)}`,
          extensions: {
            items: order.lines.map(({ productId, quantity }) => ({
              productId,
              requested: quantity,
              available: 0,
            })),
          },
        }),
        format,
      ),
  }

  function ofTheMoney({ payment }: Order): string {
    return payment.status === 'voided' ? 'Nothing was charged.' : 'If anything was charged, it is given back.'
  }

  function refusal(refused: Problem, { requestId }: AnswerFormat): StoredResponse {
    const { status, headers, body } = renderProblem(refused, requestId, problems)
    // Only what belongs to the answer itself: the request's id and Vary are made anew for each.
    const kept = ['content-type', 'link', 'cache-control']
    return {
      status,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => kept.includes(name))),
      body,
    }
  }
}
