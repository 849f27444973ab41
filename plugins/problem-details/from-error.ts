import { Problem } from './problem.ts'
import { describeAjvErrors } from './validation-error.ts'

/** The slugs that this plugin itself answers with; a catalogue has to have them all. */
const frameworkSlugs = [
  'validation-failed',
  'malformed-request',
  'unauthorized',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'request-timeout',
  'payload-too-large',
  'uri-too-long',
  'unsupported-media-type',
  'rate-limited',
  'header-fields-too-large',
  'internal-error',
  'service-unavailable',
  'overloaded',
] as const

export type FrameworkSlug = (typeof frameworkSlugs)[number]

const slugByCode: Readonly<Record<string, readonly [FrameworkSlug, string?]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload-too-large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported-media-type'],
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: ['unsupported-media-type'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'malformed-request',
    'The body is not as long as Content-Length says it is.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed-request', 'The body is empty.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed-request', 'The body is not JSON.'],
  FST_ERR_BAD_URL: ['malformed-request', 'The URL cannot be decoded.'],
  // An id as long as that is no id of anything.
  FST_ERR_MAX_PARAM_LENGTH: ['not-found'],
  FST_ERR_HANDLER_TIMEOUT: ['service-unavailable'],
  FST_UNDER_PRESSURE: ['overloaded'],
}

const slugByStatus: Readonly<Record<number, FrameworkSlug>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'request-timeout',
  413: 'payload-too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  429: 'rate-limited',
  431: 'header-fields-too-large',
  503: 'service-unavailable',
}

/**
 * The problem that a thrown value amounts to, with the value as its cause.
 *
 * Only errors that were made for a client may choose a status: those of Fastify, of http-errors (`expose`), and
 * the plain error of a rate limit. The error of a client library has a `statusCode` too, but it is the answer of
 * somebody else's server to us; that one is an internal error.
 * @param broken what ended the request's own body before its time, if anything did: no error of ours
 */
export function problemFromError(error: unknown, broken?: Error | null): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return new Problem('internal-error', { cause: error })
  if (error === broken) return new Problem('malformed-request', { cause: error })

  const code = stringOf(error, 'code')
  if ('validation' in error && Array.isArray(error.validation)) {
    const errors = describeAjvErrors(error.validation, stringOf(error, 'validationContext'))
    return new Problem('validation-failed', { extensions: { errors }, cause: error })
  }

  const known = code === undefined || !Object.hasOwn(slugByCode, code) ? undefined : slugByCode[code]
  if (known !== undefined) return new Problem(known[0], { detail: known[1], cause: error })

  const status = statusOf(error)
  const exposed = 'expose' in error && error.expose === true
  if (status !== undefined && (exposed || code?.startsWith('FST_') || isRateLimit(error, status))) {
    const slug = slugByStatus[status] ?? (status < 500 ? 'malformed-request' : 'internal-error')
    return new Problem(slug, { detail: exposed ? error.message : undefined, cause: error })
  }
  return new Problem('internal-error', { cause: error })
}

function isRateLimit(error: Error, status: number): boolean {
  return status === 429 && Object.getPrototypeOf(error) === Error.prototype
}

function statusOf(error: Error): number | undefined {
  const status = 'statusCode' in error ? error.statusCode : 'status' in error ? error.status : undefined
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : undefined
}

function stringOf(error: Error, member: string): string | undefined {
  const value: unknown = Reflect.get(error, member)
  return typeof value === 'string' ? value : undefined
}
