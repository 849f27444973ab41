export interface StripeErrorBody {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'
  readonly message: string
  readonly code?: string
  readonly param?: string
  readonly decline_code?: string
  readonly [member: string]: unknown
}

/** A refusal in Stripe's shape, `{ error: { type, code?, message, … } }`. */
export class StripeError extends Error {
  override readonly name = 'StripeError'
  readonly status: number
  readonly body: { readonly error: StripeErrorBody }

  constructor(status: number, error: StripeErrorBody) {
    super(error.message)
    this.status = status
    this.body = { error }
  }
}

export function invalid(message: string, more: { code?: string; param?: string } = {}): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...more })
}

export function missingResource(what: string, id: string, param: string): StripeError {
  const message = `No such ${what}: '${id}'`
  return new StripeError(404, { type: 'invalid_request_error', code: 'resource_missing', message, param })
}
