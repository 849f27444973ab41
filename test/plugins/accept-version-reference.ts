/** Everything that a negotiation depends on. */
export interface Situation {
  accept: string | undefined
  pinned: number | undefined
  versions: readonly number[]
  defaultVersion: number
  gone: ReadonlySet<number>
}

interface Range {
  type: string
  parameters: [name: string, value: string][]
  q: number
}

interface Candidate {
  type: 'application/vnd.holdfast.order+json' | 'application/json'
  version: number
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"'
const PARAMETER = `(${TOKEN})=(${TOKEN}|${QUOTED})`
const MEDIA_RANGE = new RegExp(`^(${TOKEN}/${TOKEN})((?:[ \\t]*;[ \\t]*(?:${PARAMETER})?)*)$`)
const ELEMENT = /(?:[^",]|"(?:\\[\s\S]|[^"\\])*(?:"|\\?$))+/g
const OURS = ['application/vnd.holdfast.order+json', 'application/vnd.holdfast+json']

/**
 * Negotiation as RFC 9110 section 12 and the rules of preference have it, one sentence after the other and
 * without a thought for speed: what the quick one is held against.
 */
export function negotiateSlowly(situation: Situation): string {
  const { accept, pinned, versions, defaultVersion, gone } = situation
  const ranges = (accept?.match(ELEMENT) ?? []).flatMap((element) => parse(element) ?? [])

  let candidates: Candidate[] = versions.flatMap((version): Candidate[] => [
    { type: 'application/vnd.holdfast.order+json', version },
    { type: 'application/json', version },
  ])
  if (pinned !== undefined) candidates = candidates.filter(({ version }) => version === pinned)
  const asksForVersion =
    pinned !== undefined ||
    ranges.some(
      ({ type, parameters }) =>
        ['*/*', 'application/*', 'application/json', ...OURS].includes(type) &&
        parameters.some(([name]) => name === 'version') &&
        !contradicts(parameters),
    )
  if (!asksForVersion && versions.includes(defaultVersion)) {
    candidates = candidates.filter(({ version }) => version === defaultVersion)
  }

  const acceptable = candidates.filter((candidate) => judge(candidate, ranges).q > 0)
  const alive = acceptable.filter(({ version }) => !gone.has(version))
  const pool = alive.length > 0 ? alive : acceptable
  if (pool.length === 0) return 'not-acceptable'

  let best = mostly(pool, (candidate) => judge(candidate, ranges).q)
  best = mostly(best, (candidate) => judge(candidate, ranges).specificity)
  best = mostly(best, ({ version }) => (version === defaultVersion ? 1 : 0))
  best = mostly(best, ({ version }) => version)
  const namedOurs = ranges.some(
    ({ type, parameters, q }) => OURS.includes(type) && q > 0 && !contradicts(parameters),
  )
  best = mostly(best, ({ type }) => ((type !== 'application/json') === namedOurs ? 1 : 0))
  const [winner, second] = best
  if (winner === undefined || second !== undefined) throw new Error('The rules of preference leave a tie')
  if (alive.length === 0) return `gone ${winner.version}`
  return winner.type === 'application/json'
    ? `${winner.version} application/json; charset=utf-8`
    : `${winner.version} ${winner.type}; version=${winner.version}`
}

function mostly(candidates: Candidate[], score: (candidate: Candidate) => number): Candidate[] {
  const most = Math.max(...candidates.map(score))
  return candidates.filter((candidate) => score(candidate) === most)
}

function judge(candidate: Candidate, ranges: readonly Range[]): { q: number; specificity: number } {
  if (ranges.length === 0) return { q: 1, specificity: 0 }
  const matching = ranges
    .filter((range) => matches(range, candidate))
    .map((range) => ({ q: range.q, specificity: specificity(range) }))
  const specificities = matching.map((match) => match.specificity)
  const closest = matching.filter((match) => match.specificity === Math.max(...specificities))
  return { q: Math.max(0, ...closest.map(({ q }) => q)), specificity: closest[0]?.specificity ?? -1 }
}

function specificity({ type, parameters }: Range): number {
  const level = type === '*/*' ? 0 : type.endsWith('/*') ? 1 : 2
  return level + (parameters.some(([name]) => name === 'version') ? 0.5 : 0)
}

function matches({ type, parameters }: Range, candidate: Candidate): boolean {
  const names = candidate.type === 'application/json' ? ['application/json'] : OURS
  if (!['*/*', 'application/*', ...names].includes(type)) return false
  return parameters.every(([name, value]) =>
    name === 'version'
      ? value === String(candidate.version)
      : name === 'charset' && value.toLowerCase() === 'utf-8',
  )
}

/** Carries what nothing on offer can meet. */
function contradicts(parameters: [string, string][]): boolean {
  const versions = new Set(parameters.filter(([name]) => name === 'version').map(([, value]) => value))
  return (
    versions.size > 1 ||
    parameters.some(
      ([name, value]) => name !== 'version' && !(name === 'charset' && value.toLowerCase() === 'utf-8'),
    )
  )
}

function parse(element: string): Range | undefined {
  const [, type, tail] = MEDIA_RANGE.exec(element.replace(/^[ \t]+|[ \t]+$/g, '')) ?? []
  if (type === undefined || tail === undefined) return undefined
  const parameters = [...tail.matchAll(new RegExp(PARAMETER, 'g'))].map(
    ([, name = '', value = '']): [string, string] => [
      name.toLowerCase(),
      value.startsWith('"') ? value.slice(1, -1).replace(/\\([\s\S])/g, '$1') : value,
    ],
  )
  const weights = parameters.filter(([name]) => name === 'q').map(([, value]) => value)
  if (weights.length > 1 || weights.some((q) => !/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q))) return undefined
  const rest = parameters.filter(([name]) => name !== 'q')
  return { type: type.toLowerCase(), parameters: rest, q: Number(weights[0] ?? 1) }
}
