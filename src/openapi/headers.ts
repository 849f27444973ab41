import { REQUEST_ID } from '#plugins/request-id.ts'
import { type Reference, referTo } from './open-api.ts'

interface Header {
  readonly description: string
  readonly schema: object
  readonly example: string | number
}

const text = { type: 'string' }

/** Every header that an answer can carry, by its own name. */
export const headers = {
  'Accept-Encoding': {
    description:
      'On 415 of a body that is compressed: the content codings that are read (RFC 9110 section 15.5.16).',
    schema: text,
    example: 'identity',
  },
  'Accept-Patch': {
    description: 'On 415 of a PATCH: the media types that it reads (RFC 5789).',
    schema: text,
    example: 'application/json-patch+json, application/merge-patch+json',
  },
  'Accept-Post': {
    description: 'On 415 of a POST: the media types that it reads (W3C LDP section 7.1).',
    schema: text,
    example:
      'application/vnd.holdfast.order+json; version=2, application/vnd.holdfast+json, application/json',
  },
  'Access-Control-Allow-Origin': {
    description:
      'Present where a page of an origin that the operator named asks: that origin, whose pages may read the answer (Fetch standard).',
    schema: text,
    example: 'https://shop.example.com',
  },
  'Access-Control-Expose-Headers': {
    description: 'Beside `Access-Control-Allow-Origin`: the headers of the answer that a page may read too.',
    schema: text,
    example: 'API-Version, ETag, Link, Retry-After',
  },
  Allow: {
    description: 'On 405: the methods that the path answers.',
    schema: text,
    example: 'GET, HEAD, PATCH',
  },
  'API-Version': {
    description: 'The version that was chosen, on problems too if they came after that.',
    schema: { type: 'integer', minimum: 1 },
    example: 2,
  },
  'Cache-Control': {
    description: 'How long, and by whom, the answer may be kept (RFC 9111). Never for a problem: `no-store`.',
    schema: text,
    example: 'public, max-age=60, stale-while-revalidate=30, stale-if-error=600',
  },
  'Cache-Status': {
    description:
      'Present while the catalogue cannot be reached and an older copy is served in its place (RFC 9211).',
    schema: text,
    example: 'holdfast; hit; detail=stale',
  },
  Deprecation: {
    description:
      'Present on a version that is on its way out: the moment from which it is discouraged (RFC 9745).',
    schema: { type: 'string', pattern: '^@-?[0-9]+$' },
    example: '@1798675200',
  },
  ETag: {
    description:
      'Strong entity tag of this representation, quotes included. Send it back as `If-None-Match` or `If-Match`.',
    schema: text,
    example: '"ord_01jd2t8x0ye8p9rbk5w7q3m4fz.2.v2"',
  },
  'Idempotency-Replayed': {
    description: '`true` on an answer that was given before to the same `Idempotency-Key`.',
    schema: { type: 'string', const: 'true' },
    example: 'true',
  },
  Link: {
    description:
      'Links by relation (RFC 8288): `next` to the next page, `help` and `describedby` to what a problem means, `deprecation` to what to do about a version that ends.',
    schema: text,
    example: '</orders?limit=20&cursor=mXx3>; rel="next"',
  },
  Location: {
    description: 'The URL of the order that was placed.',
    schema: { type: 'string', format: 'uri-reference' },
    example: '/orders/ord_01jd2t8x0ye8p9rbk5w7q3m4fz',
  },
  RateLimit: {
    description:
      'What is left of the allowance, `r`, and the seconds until it is whole again, `t` (draft-ietf-httpapi-ratelimit-headers).',
    schema: text,
    example: '"default";r=598;t=41',
  },
  'RateLimit-Policy': {
    description: 'The allowance: `q` requests in a window of `w` seconds, for each principal or address.',
    schema: text,
    example: '"default";q=600;w=60',
  },
  'Retry-After': {
    description: 'Seconds after which it is worth trying again.',
    schema: { type: 'integer', minimum: 0 },
    example: 2,
  },
  Sunset: {
    description: 'Present on a version that is on its way out: the moment from which it is gone (RFC 8594).',
    schema: text,
    example: 'Fri, 01 Jan 2027 00:00:00 GMT',
  },
  Vary: {
    description:
      'The request headers that the answer depends on: `Accept` and `Accept-Version` where it comes in versions, `Origin` where browsers may read it.',
    schema: text,
    example: 'Accept, Accept-Version',
  },
  'WWW-Authenticate': {
    description: 'On 401: the scheme to authenticate with (RFC 6750).',
    schema: text,
    example: 'Bearer',
  },
  'X-Request-Id': {
    description:
      'The id of this request: the one that was sent, if it has the allowed form, else a new one. Logs and problems name it.',
    schema: { type: 'string', pattern: REQUEST_ID.source },
    example: '0f6f8a52-3c1f-4b57-9a40-6d1c8f9e2b73',
  },
} as const satisfies Readonly<Record<string, Header>>

export type HeaderName = keyof typeof headers

/** On every answer, problems too; the last two only for a page of another origin. */
export const commonHeaders = [
  'X-Request-Id',
  'Vary',
  'Access-Control-Allow-Origin',
  'Access-Control-Expose-Headers',
] as const

/** On every answer of a versioned route that is not a problem. */
export const versionHeaders = ['API-Version', 'Deprecation', 'Sunset', 'Link'] as const

/** Headers of an answer by name, in the order of the alphabet. */
export function headerReferences(names: readonly HeaderName[]): Record<string, Reference> {
  const sorted = [...new Set(names)].sort((one, other) => one.localeCompare(other, 'en'))
  return Object.fromEntries(sorted.map((name) => [name, referTo('headers', name)]))
}
