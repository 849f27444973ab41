import { type ProblemSlug, problems } from '../problems.ts'
import { commonHeaders, type HeaderName, headerReferences } from './headers.ts'
import { type Response, referTo } from './open-api.ts'
import { nameOf } from './problem-schemas.ts'

/** What every problem can carry: those of a version once one was chosen, those of a limit where there is one. */
const problemHeaders = [
  ...commonHeaders,
  'Cache-Control',
  'Link',
  'API-Version',
  'Deprecation',
  'Sunset',
  'RateLimit',
  'RateLimit-Policy',
] as const satisfies readonly HeaderName[]

/** What only some do. */
const ownHeaders: Partial<Record<ProblemSlug, readonly HeaderName[]>> = {
  unauthorized: ['WWW-Authenticate'],
  'payment-declined': ['Idempotency-Replayed'],
  'method-not-allowed': ['Allow'],
  'insufficient-stock': ['Idempotency-Replayed'],
  'idempotency-in-progress': ['Retry-After'],
  'order-in-progress': ['Retry-After'],
  'precondition-failed': ['ETag'],
  'unsupported-media-type': ['Accept-Post', 'Accept-Patch', 'Accept-Encoding'],
  'rate-limited': ['Retry-After'],
  'service-unavailable': ['Retry-After'],
  overloaded: ['Retry-After'],
}

/** What a request can meet before it is known what it asks for. Stands as the default answer of every operation. */
const transport: readonly ProblemSlug[] = [
  'method-not-allowed',
  'request-timeout',
  'payload-too-large',
  'uri-too-long',
  'header-fields-too-large',
]

export const defaultProblem: Response = {
  description:
    'Any other problem, as of a request that could not be read to its end. Clients do well to expect statuses that are not listed.',
  headers: headersOf(transport),
  content: {
    'application/problem+json': {
      schema: { anyOf: [...schemasOf(transport), referTo('schemas', 'Problem')] },
      examples: examplesOf(transport),
    },
  },
}

/** Problems of one status as one answer, and the name it has under `components/responses`. */
export function problemResponse(slugs: readonly ProblemSlug[]): { name: string; response: Response } {
  const schemas = schemasOf(slugs)
  const [only] = schemas
  const description = slugs.map((slug) => `\`${slug}\`: ${problems[slug].meaning}`).join('\n\n')
  return {
    name: slugs.map(nameOf).join('Or'),
    response: {
      description,
      headers: headersOf(slugs),
      content: {
        'application/problem+json': {
          schema: only !== undefined && schemas.length === 1 ? only : { oneOf: schemas },
          examples: examplesOf(slugs),
        },
      },
    },
  }
}

function headersOf(slugs: readonly ProblemSlug[]) {
  return headerReferences([...problemHeaders, ...slugs.flatMap((slug) => ownHeaders[slug] ?? [])])
}

function schemasOf(slugs: readonly ProblemSlug[]) {
  return slugs.map((slug) => referTo('schemas', `${nameOf(slug)}Problem`))
}

function examplesOf(slugs: readonly ProblemSlug[]) {
  return Object.fromEntries(slugs.map((slug) => [slug, referTo('examples', `${nameOf(slug)}Problem`)]))
}
