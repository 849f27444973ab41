import type { FastifyPluginAsync } from 'fastify'
import type { Faults } from '../faults.ts'
import { dawdle, strikeRoutes } from '../http-faults.ts'
import type { Ledger } from '../ledger.ts'
import { type Form, parseForm } from './form.ts'
import { createIdempotency } from './idempotency.ts'
import { createIntent, createRefund } from './operations.ts'
import { missingResource, StripeError } from './stripe-error.ts'

export interface PaymentOptions {
  readonly faults: Faults
  readonly ledger: Ledger
}

/** As much of Stripe as an order needs: PaymentIntents that are confirmed at once, and refunds. */
export const payment: FastifyPluginAsync<PaymentOptions> = async (app, { faults, ledger }) => {
  const idempotent = createIdempotency(ledger)

  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    async (_request: unknown, body: string | Buffer) => parseForm(body.toString()),
  )

  app.addHook('onRequest', async (request) => {
    if (/^Bearer \S+$/.test(request.headers.authorization ?? '')) return
    throw new StripeError(401, {
      type: 'invalid_request_error',
      message: 'You did not provide an API key: use Authorization: Bearer YOUR_SECRET_KEY.',
    })
  })

  strikeRoutes(app, faults, 'payment', (status) =>
    status === 429
      ? { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests.' } }
      : { error: { type: 'api_error', message: 'Something went wrong on our end.' } },
  )

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof StripeError) return reply.code(error.status).send(error.body)
    throw error
  })

  app.post<{ Body: Form | null }>('/v1/payment_intents', (request, reply) =>
    idempotent(request, reply, async (key) => {
      await dawdle(request)
      return createIntent(request.body ?? {}, key)
    }),
  )

  app.get<{ Params: { id: string } }>('/v1/payment_intents/:id', async (request) => {
    await dawdle(request)
    const intent = ledger.intents.get(request.params.id)
    if (intent === undefined) throw missingResource('payment_intent', request.params.id, 'intent')
    return intent
  })

  app.post<{ Body: Form | null }>('/v1/refunds', (request, reply) =>
    idempotent(request, reply, async (key) => {
      await dawdle(request)
      return createRefund(request.body ?? {}, key, ledger)
    }),
  )
}
