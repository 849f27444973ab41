import { type ProblemSlug, problems } from '../problems.ts'
import { commonHeaders, headerReferences } from './headers.ts'
import { type Answer, type Endpoint, type Operation, type Response, referTo } from './open-api.ts'
import { problemResponse } from './problem-responses.ts'

/** An endpoint as the document shows it, and the answers that it shares with others. */
export function operationOf(
  endpoint: Endpoint,
  tag: string,
): { operation: Operation; shared: Record<string, Response> } {
  const { operationId, summary, description, access, parameters, body, answers } = endpoint
  const refusals = Object.entries(Object.groupBy(problemsOf(endpoint), (slug) => problems[slug].status)).map(
    ([status, slugs = []]) => ({ status, ...problemResponse(slugs), shared: slugs.length <= MOST_SHARED }),
  )
  return {
    shared: Object.fromEntries(
      refusals.filter(({ shared }) => shared).map(({ name, response }) => [name, response]),
    ),
    operation: {
      operationId,
      tags: [tag],
      summary,
      description,
      security: access === 'bearer' ? [{ bearer: [] }] : [],
      parameters: [...parameters, 'RequestId' as const].map((name) => referTo('parameters', name)),
      ...(body === undefined ? {} : { requestBody: body }),
      responses: {
        ...Object.fromEntries(
          Object.entries(answers).map(([status, answer]) => [status, responseOf(answer, access)]),
        ),
        ...Object.fromEntries(
          refusals.map(({ status, name, response, shared }) => [
            status,
            shared ? referTo('responses', name) : response,
          ]),
        ),
        default: referTo('responses', 'AnyOtherProblem'),
      },
    },
  }
}

/** An answer that stands for more problems than this is one operation's own. */
const MOST_SHARED = 2

function responseOf({ description, headers, content }: Answer, access: Endpoint['access']): Response {
  const limits = access === 'probe' ? [] : (['RateLimit', 'RateLimit-Policy'] as const)
  return {
    description,
    headers: headerReferences([...headers, ...commonHeaders, ...limits]),
    ...(content === undefined ? {} : { content }),
  }
}

/** Its own problems, and those that every operation of its kind can answer with; in the order of the catalogue. */
function problemsOf({ access, versioned, parameters, body, problems: own }: Endpoint): ProblemSlug[] {
  const met = new Set<string>([
    ...own,
    'malformed-request',
    'internal-error',
    ...(access === 'bearer' ? ['unauthorized'] : []),
    ...(access === 'probe' ? [] : ['rate-limited', 'service-unavailable', 'overloaded']),
    ...(versioned ? ['not-acceptable', 'version-sunset'] : []),
    ...(parameters.some((name) => /^If(None)?Match/.test(name)) ? ['precondition-failed'] : []),
    ...(body === undefined ? [] : ['payload-too-large', 'unsupported-media-type']),
  ])
  return slugs.filter((slug) => met.has(slug))
}

const isSlug = (name: string): name is ProblemSlug => Object.hasOwn(problems, name)
const slugs = Object.keys(problems).filter(isSlug)
