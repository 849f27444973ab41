import { AsyncLocalStorage } from 'node:async_hooks'
import Stripe from 'stripe'
import { identifier, isRecord } from './answer.ts'
import { HttpFailure } from './http-failure.ts'
import type { HttpRequest, HttpService } from './http-service.ts'
import { isStripeCode } from './stripe-codes.ts'

/** One attempt: the signal on its way down through the SDK, and on its way up what the SDK would not tell. */
interface Exchange {
  readonly signal: AbortSignal
  status?: number
  retryAfterMs?: number | undefined
  body?: unknown
  /** Why there is no answer to read. */
  failure?: HttpFailure
}

/** The payment service answered, and the answer is no. */
export class StripeRefusal extends HttpFailure {
  /** The `error` member of the answer; empty if it has none. It may quote what we sent: not for the log. */
  readonly #error: Record<string, unknown>

  constructor(status: number, body: unknown, retryAfterMs: number | undefined) {
    const error = isRecord(body) && isRecord(body.error) ? body.error : {}
    const word = [error.code, error.type].find(isStripeCode)
    super(`payment: answered ${status}${word === undefined ? '' : ` ${word}`}`, { status, retryAfterMs })
    this.#error = error
  }

  /** A member of the answer's error that is an identifier, such as `code` or `decline_code`. */
  word(name: string): string | undefined {
    return identifier(this.#error[name])
  }

  /** The PaymentIntent that was refused; empty if the answer has none. */
  get intent(): Record<string, unknown> {
    const intent = this.#error.payment_intent
    return isRecord(intent) ? intent : {}
  }
}

const exchanges = new AsyncLocalStorage<Exchange>()
/** What the SDK is told of a failed connection. It has no `code`: one like ECONNRESET it would retry by itself. */
const NO_ANSWER = new Error('no answer')

/**
 * The SDK over our own connections. It has neither a path prefix nor a signal for a request, and repeats a
 * reset connection whatever `maxNetworkRetries` says; so its HTTP client is ours, and the signal travels to it
 * beside the call, in an AsyncLocalStorage. Measured, a call costs as much processor time as over the SDK's own
 * Node client, policy included, and half of one over its fetch client.
 */
export function createStripe(service: HttpService, apiKey: string) {
  const stripe = new Stripe(apiKey, {
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: {
      getClientName: () => 'undici',
      async makeRequest(_host, _port, path, method, headers, body) {
        const exchange = exchanges.getStore()
        if (exchange === undefined) throw new Error('a request outside of an exchange')
        const verb = method === 'GET' ? 'GET' : 'POST'
        return await send(service, exchange, {
          path,
          method: verb,
          headers: texts(headers),
          body: body || undefined,
        })
      },
    },
  })

  // What the SDK says of itself is the same for each request, and it would put it together anew for each.
  stripe.getClientUserAgent((said) => {
    stripe.getClientUserAgent = (tell) => tell(said)
  })

  return {
    /**
     * Makes one request of the SDK under the signal.
     *
     * @returns the 2xx answer, a JSON object
     * @throws HttpFailure without a status when no answer came, or none that can be read; StripeRefusal for
     *   any other status
     */
    async ask(
      signal: AbortSignal,
      work: (stripe: Stripe) => Promise<unknown>,
    ): Promise<Record<string, unknown>> {
      const exchange: Exchange = { signal }
      try {
        await exchanges.run(exchange, () => withoutStacks(() => work(stripe)))
      } catch (error) {
        // The SDK threw before it sent anything: a mistake in what it was called with.
        if (exchange.status === undefined && exchange.failure === undefined) throw error
      }
      const { status, failure, body, retryAfterMs } = exchange
      if (failure !== undefined) throw failure
      if (status === undefined) throw new HttpFailure('payment: no answer')
      if (status < 200 || status > 299) throw new StripeRefusal(status, body, retryAfterMs)
      if (!isRecord(body) || body.error !== undefined) throw new HttpFailure('payment: an answer of no shape')
      return body
    },
  }
}

/**
 * The SDK captures its caller's stack for every request, in case that it throws. Its errors stay here, but for that of
 * a call it does not accept, which goes without a stack. In a profile that was a third of what it took for a request.
 */
function withoutStacks<T>(begin: () => T): T {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return begin()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

async function send(service: HttpService, exchange: Exchange, request: Omit<HttpRequest, 'signal'>) {
  const answer = await service.ask({ ...request, signal: exchange.signal }).catch((error: unknown) => {
    exchange.failure =
      error instanceof HttpFailure ? error : new HttpFailure('payment: no answer', { cause: error })
    throw NO_ANSWER
  })
  const body = parse(answer.text)
  Object.assign(exchange, { status: answer.status, retryAfterMs: answer.retryAfterMs, body })
  return {
    getStatusCode: () => answer.status,
    // The SDK would print a `Stripe-Notice` to standard error.
    getHeaders: () => ({}),
    getRawResponse: () => ({}),
    toStream: () => undefined,
    // Nobody reads what the SDK makes of it, and it takes an answer apart in a promise that nobody holds: one that is no
    // object would end the process.
    toJSON: async () => ({}),
  }
}

/** Undefined where it is no JSON. The parser's own error would quote the answer. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function texts(headers: Record<string, string | number | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
