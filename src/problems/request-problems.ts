import { Type } from 'typebox'
import { type ProblemDefinition, violationsSchema } from './definition.ts'

/** Problems of a request as such, whatever it asks for. */
export const requestProblems = {
  'validation-failed': {
    status: 400,
    title: 'Validation failed',
    detail: 'The request does not have the shape that this operation asks for.',
    meaning:
      'The request could be read, but members or parameters of it are missing, unknown, or not what they have to be. Every violation is listed in errors, each with a pointer to where it is, or to where the missing member would stand.',
    remedy: 'Correct every place named in errors and send the request again.',
    retryable: false,
    members: Type.Object({ errors: violationsSchema }),
    example: {
      detail: '2 members of the body cannot be accepted.',
      extensions: {
        errors: [
          { pointer: '#/items/0/quantity', in: 'body', detail: 'must be at least 1' },
          { pointer: '#/paymentToken', in: 'body', detail: 'is required' },
        ],
      },
    },
  },
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    detail: 'The request cannot be read.',
    meaning:
      'The request breaks the rules of the format it claims to have: bytes that are not HTTP, a body that is not JSON, a member named twice, a header whose value does not parse, a URL that cannot be decoded. Nothing of it was looked at.',
    remedy: 'Send a request that is well formed; detail says what was found and where.',
    retryable: false,
    members: Type.Object({ errors: Type.Optional(violationsSchema) }),
    example: {
      detail: 'The body names the member "quantity" twice.',
      extensions: { errors: [{ pointer: '#/items/0/quantity', in: 'body', detail: 'is named twice' }] },
    },
  },
  unauthorized: {
    status: 401,
    title: 'Unauthorized',
    detail: 'A valid bearer token is needed.',
    meaning:
      'The operation belongs to somebody, and the request does not prove who asks: the token is missing, has run out, or cannot be verified.',
    remedy: 'Get a fresh token and send it as Authorization: Bearer <token>.',
    retryable: false,
    example: { detail: 'The token has expired.' },
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    detail: 'The token does not allow this.',
    meaning:
      'It is known who asks, and that one may not do this, such as ordering in the name of somebody else.',
    remedy: 'Leave out what belongs to somebody else, or ask with a token that is allowed to.',
    retryable: false,
    members: Type.Object({ errors: Type.Optional(violationsSchema) }),
    example: { detail: 'An order can only be placed in your own name.' },
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    detail: 'There is nothing here.',
    meaning:
      'The URL names nothing that exists, or nothing that the one who asks may know of. When a body names something that does not exist, such as a product, errors points at it.',
    remedy: 'Check the id and the path. What is missing today may exist later, but waiting is no remedy.',
    retryable: false,
    members: Type.Object({ errors: Type.Optional(violationsSchema) }),
    example: {
      detail: 'There is no product "desk-oak".',
      extensions: {
        errors: [{ pointer: '#/items/0/productId', in: 'body', detail: 'names no product' }],
      },
    },
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    detail: 'The path is known, but not with this method.',
    meaning: 'The path exists, and answers other methods than the one used. The Allow header lists them.',
    remedy: 'Use one of the methods in the Allow header.',
    retryable: false,
    example: { detail: 'DELETE is not among GET, HEAD, PATCH.' },
  },
  'not-acceptable': {
    status: 406,
    title: 'Not acceptable',
    detail: 'None of the media types asked for can be given.',
    meaning:
      'The Accept and Accept-Version headers together leave no representation that this operation could give.',
    remedy: 'Ask for one of the media types listed in available.',
    retryable: false,
    members: Type.Object({ available: Type.Array(Type.String()) }),
    example: {
      detail: 'There is no version 7 of an order.',
      extensions: {
        available: [
          'application/vnd.holdfast.order+json; version=1',
          'application/vnd.holdfast.order+json; version=2',
          'application/json',
        ],
      },
    },
  },
  'request-timeout': {
    status: 408,
    title: 'Request timeout',
    detail: 'The request took too long to arrive.',
    meaning:
      'The request had not arrived in full within the time that one may take, and the connection was closed.',
    remedy: 'Send it again, in one go; with an Idempotency-Key there is no danger of doing a thing twice.',
    retryable: true,
    example: { detail: 'The request took too long to arrive.' },
  },
  'version-sunset': {
    status: 410,
    title: 'Version gone',
    detail: 'The version asked for is no longer served.',
    meaning:
      'The version that the request asked for, by name or by leaving it to the default, or that its body is written in, had an announced end, and that day has passed.',
    remedy: 'Ask for one of the media types listed in available, and adapt to its shape.',
    retryable: false,
    members: Type.Object({ available: Type.Array(Type.String()) }),
    example: {
      detail: 'Version 1 of an order was served until Fri, 01 Jan 2027 00:00:00 GMT.',
      extensions: {
        available: ['application/vnd.holdfast.order+json; version=2', 'application/json'],
      },
    },
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    detail: 'The resource has changed since it was read.',
    meaning:
      'The entity tag in If-Match is not the current one, or what is there is what If-None-Match rules out: somebody else, or an earlier try, has changed the resource in the meantime. Nothing was written. The ETag header of this answer is the current one; without it there is nothing yet.',
    remedy:
      'Read the resource again, apply the change to what it is now, and send it with the new entity tag.',
    retryable: false,
    example: { detail: 'The order is at a newer revision than the one in If-Match.' },
  },
  'payload-too-large': {
    status: 413,
    title: 'Payload too large',
    detail: 'The body is larger than this service reads.',
    meaning: 'The body has more bytes than the limit of this service, 256 KiB. It was not read to its end.',
    remedy: 'Send less, or send it in parts.',
    retryable: false,
    example: { detail: 'The body is larger than this service reads.' },
  },
  'uri-too-long': {
    status: 414,
    title: 'URI too long',
    detail: 'The URL is longer than this service reads.',
    meaning: 'The URL has more than 4 KiB. No link that this service ever gave is that long.',
    remedy: 'Use the links of earlier answers as they are, and keep parameters short.',
    retryable: false,
    example: { detail: 'The URL is longer than this service reads.' },
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    detail: 'The body is of a type that this operation does not read.',
    meaning:
      'The Content-Type of the request is none that this operation reads: Accept-Post or Accept-Patch lists those it does. Or the body is compressed: Accept-Encoding says so then.',
    remedy: 'Send the body as one of the listed types, uncompressed, and say so in Content-Type.',
    retryable: false,
    example: { detail: 'text/plain cannot be read here.' },
  },
  'precondition-required': {
    status: 428,
    title: 'Precondition required',
    detail: 'The change needs an If-Match header.',
    meaning:
      'A change has to say which state of the resource it was made for, so that two people who change the same thing cannot undo each other unknowingly.',
    remedy:
      'Read the resource, and send its ETag as If-Match; or send If-Match: * to overwrite whatever there is.',
    retryable: false,
    example: { detail: 'The change needs an If-Match header.' },
  },
  'rate-limited': {
    status: 429,
    title: 'Rate limited',
    detail: 'Too many requests in too short a time.',
    meaning:
      'More requests came than the policy allows in its window. The RateLimit headers say how much is left, Retry-After when it is worth trying again.',
    remedy: 'Wait as many seconds as Retry-After says, and spread requests over the window.',
    retryable: true,
    example: { detail: 'Too many requests in too short a time.' },
  },
  'header-fields-too-large': {
    status: 431,
    title: 'Header fields too large',
    detail: 'The headers are larger than this service reads.',
    meaning: 'The header fields of the request have more than 16 KiB together.',
    remedy: 'Send fewer or shorter headers; a cookie that has grown is the usual culprit.',
    retryable: false,
    example: { detail: 'The headers are larger than this service reads.' },
  },
} as const satisfies Record<string, ProblemDefinition>
