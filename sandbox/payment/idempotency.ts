import { createHash, randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ledger } from '../ledger.ts'
import type { Outcome } from './operations.ts'
import { invalid, StripeError } from './stripe-error.ts'

/**
 * Stripe's idempotency (docs.stripe.com/api/idempotent_requests): the status and the body of the first request
 * are kept, a decline included, and are given again to the same key with the same parameters. Kept is only
 * what was carried out, so a request that was refused for its parameters may use its key again.
 */
export function createIdempotency(ledger: Ledger) {
  const inFlight = new Set<string>()

  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    work: (key: string | null) => Promise<Outcome>,
  ): Promise<FastifyReply> => {
    const requestId = `req_${randomUUID().replaceAll('-', '').slice(0, 14)}`
    reply.header('request-id', requestId).type('application/json')
    const key = keyOf(request)
    if (key === null) {
      const { status, body, ...recorded } = await work(null)
      ledger.record({ type: 'payment', ...recorded })
      return reply.code(status).send(JSON.stringify(body))
    }

    reply.header('idempotency-key', key)
    const fingerprint = fingerprintOf(request)
    const first = ledger.answers.get(key)
    if (first !== undefined) {
      if (first.fingerprint !== fingerprint) throw reused(key)
      reply.header('idempotent-replayed', 'true').header('original-request', first.requestId)
      return reply.code(first.status).send(first.body)
    }
    if (inFlight.has(key)) throw busy(key)

    inFlight.add(key)
    try {
      const { status, body, ...recorded } = await work(key)
      const answer = { key, fingerprint, requestId, status, body: JSON.stringify(body) }
      ledger.record({ type: 'payment', answer, ...recorded })
      return reply.code(status).send(answer.body)
    } finally {
      inFlight.delete(key)
    }
  }
}

function keyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined || Array.isArray(key)) return null
  if (key.length > 255) throw invalid('Idempotency keys are at most 255 characters long.')
  return key
}

function fingerprintOf(request: FastifyRequest): string {
  const parameters = JSON.stringify(request.body ?? null)
  return createHash('sha256').update(`${request.method} ${request.url}\n${parameters}`).digest('base64url')
}

function reused(key: string): StripeError {
  return new StripeError(400, {
    type: 'idempotency_error',
    message:
      'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
      `Try using a key other than '${key}' if you meant to execute a different request.`,
  })
}

function busy(key: string): StripeError {
  return new StripeError(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using the key '${key}'.`,
  })
}
