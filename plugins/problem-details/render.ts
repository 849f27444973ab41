import type { Problem, ProblemCatalogue } from './problem.ts'

/** How a service's problems look from outside. */
export interface ProblemFormat {
  readonly catalogue: ProblemCatalogue
  /** Origin that the `type` URIs begin with, e.g. `https://api.example.com`; the slugs stand below `/problems` there. */
  readonly publicUrl: string
  /** Request headers that every answer of the service varies by. Default `Accept`, `Accept-Version`. */
  readonly vary?: readonly string[]
}

/** A problem as it goes over the wire. `headers` has lower-case names and no `content-length`. */
export interface RenderedProblem {
  readonly slug: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const standardMembers = new Set(['type', 'title', 'status', 'detail', 'instance', 'extensions'])

/** The URI that stands as `type`, and where the page about it is. */
export function problemUrl(slug: string, format: ProblemFormat): string {
  return `${format.publicUrl.replace(/\/+$/, '')}/problems/${slug}`
}

/**
 * Status, headers and bytes of a problem (RFC 9457). The same arguments give the same bytes, so an answer can be
 * kept and given again.
 * @param instance the request id of the occurrence
 * @throws TypeError when the catalogue has no such slug, or an extension member is not JSON
 */
export function renderProblem(problem: Problem, instance: string, format: ProblemFormat): RenderedProblem {
  const type = Object.hasOwn(format.catalogue, problem.slug) ? format.catalogue[problem.slug] : undefined
  if (type === undefined) {
    throw new TypeError(`The problem catalogue has no "${problem.slug}"`, { cause: problem })
  }

  const url = problemUrl(problem.slug, format)
  const members = Object.entries(problem.extensions).filter(
    ([name, value]) => value !== undefined && !standardMembers.has(name),
  )
  const extensions = Object.fromEntries(members)
  const body = JSON.stringify({
    type: url,
    title: type.title,
    status: type.status,
    detail: problem.detail ?? type.detail,
    instance,
    ...extensions,
    ...(members.length > 0 ? { extensions } : {}),
  })

  const help = `<${url}>; rel="help"`
  return {
    slug: problem.slug,
    status: type.status,
    headers: {
      ...problem.headers,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      link: problem.headers.link === undefined ? help : `${problem.headers.link}, ${help}`,
      vary: mergeVary(format.vary ?? ['Accept', 'Accept-Version'], problem.headers.vary),
      'x-request-id': instance,
    },
    body,
  }
}

/** Names of both `Vary` values, each once whatever its case (RFC 9110 section 12.5.5). */
export function mergeVary(names: readonly string[], existing: unknown): string {
  const merged = new Map<string, string>()
  for (const name of [...fieldNames(existing), ...names.flatMap(fieldNames)]) {
    if (!merged.has(name.toLowerCase())) merged.set(name.toLowerCase(), name)
  }
  return merged.has('*') ? '*' : [...merged.values()].join(', ')
}

function fieldNames(value: unknown): string[] {
  if (value === undefined) return []
  return String(value)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
