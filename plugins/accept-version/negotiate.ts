import { type MediaRange, parseAccept } from './media-range.ts'

/** What a route can answer with: one resource, in the versions it has. */
export interface Offer {
  /** The resource's part of the media type: `order` in `application/vnd.<vendor>.order+json`. */
  readonly type: string
  readonly versions: readonly number[]
}

/** One thing the route could send. */
export interface Candidate {
  readonly version: number
  /** The resource type, or plain `application/json`. */
  readonly isResource: boolean
  /** The `Content-Type` to answer with. */
  readonly mediaType: string
}

export type Outcome =
  | { readonly kind: 'served'; readonly candidate: Candidate }
  /** Only a version past its sunset could have served it. */
  | { readonly kind: 'gone'; readonly version: number }
  | { readonly kind: 'not-acceptable' }

/** How closely a range names a candidate; a range with a version is one more (RFC 9110 section 12.5.1). */
const ANY = 0
const ANY_SUBTYPE = 2
const TYPE = 4
const NO_MATCH = -1

interface Match {
  readonly candidate: Candidate
  readonly weight: number
  readonly specificity: number
}

/**
 * Proactive negotiation (RFC 9110 section 12.1) among the versions of one resource.
 *
 * @param vendor the vendor's part of the media types, e.g. `holdfast`
 */
export function createNegotiation(vendor: string, offer: Offer, defaultVersion: number) {
  const family = `application/vnd.${vendor}+json`
  const resource = `application/vnd.${vendor}.${offer.type}+json`
  const candidates: readonly Candidate[] = offer.versions.flatMap((version) => [
    { version, isResource: true, mediaType: `${resource}; version=${version}` },
    { version, isResource: false, mediaType: 'application/json; charset=utf-8' },
  ])

  const fallback = offer.versions.includes(defaultVersion) ? defaultVersion : undefined

  return { candidates, negotiate, available }

  /** Every media type that could be asked for once the versions in `gone` are. */
  function available(gone: ReadonlySet<number>): string[] {
    const left = candidates.filter(({ version, isResource }) => isResource && !gone.has(version))
    return left.length === 0 ? [] : [...left.map(({ mediaType }) => mediaType), 'application/json']
  }

  /**
   * @param accept the `Accept` header; undefined for none
   * @param pinned the version that `Accept-Version` narrows it to
   * @param gone versions past their sunset
   */
  function negotiate(
    accept: string | undefined,
    pinned: number | undefined,
    gone: ReadonlySet<number>,
  ): Outcome {
    const ranges = accept === undefined ? [] : parseAccept(accept)
    // Without a word about versions there is no other candidate than the default one, also when that is gone:
    // a client that never asks must hear that it has to, not be given what it cannot read.
    const only = pinned ?? (ranges.some(namesVersion) ? undefined : fallback)
    // A client that named the resource's type understands it, also where a wildcard is what decides.
    const prefersResource = ranges.some(
      ({ type, weight, foreign }) => isResourceType(type) && weight > 0 && !foreign,
    )
    let served: Match | undefined
    let missed: Match | undefined
    for (const candidate of candidates) {
      if (only !== undefined && candidate.version !== only) continue
      const match = quality(candidate, ranges)
      if (match === undefined) continue
      if (gone.has(candidate.version)) missed = better(missed, match, prefersResource)
      else served = better(served, match, prefersResource)
    }
    if (served !== undefined) return { kind: 'served', candidate: served.candidate }
    if (missed !== undefined) return { kind: 'gone', version: missed.candidate.version }
    return { kind: 'not-acceptable' }
  }

  /** The most specific range decides; among equally specific ones the kindest. Undefined: not acceptable. */
  function quality(candidate: Candidate, ranges: readonly MediaRange[]): Match | undefined {
    if (ranges.length === 0) return { candidate, weight: 1000, specificity: ANY }
    let specificity = NO_MATCH
    let weight = 0
    for (const range of ranges) {
      const how = specificityOf(range, candidate)
      if (how > specificity) {
        specificity = how
        weight = range.weight
      } else if (how === specificity && how !== NO_MATCH) weight = Math.max(weight, range.weight)
    }
    return weight === 0 ? undefined : { candidate, weight, specificity }
  }

  function specificityOf(range: MediaRange, candidate: Candidate): number {
    if (range.foreign) return NO_MATCH
    if (range.version !== undefined && range.version !== String(candidate.version)) return NO_MATCH
    const versioned = range.version === undefined ? 0 : 1
    if (range.type === '*/*') return ANY + versioned
    if (range.type === 'application/*') return ANY_SUBTYPE + versioned
    const named = candidate.isResource ? isResourceType(range.type) : range.type === 'application/json'
    return named ? TYPE + versioned : NO_MATCH
  }

  function better(best: Match | undefined, match: Match, prefersResource: boolean): Match {
    if (best === undefined) return match
    const a = best.candidate
    const b = match.candidate
    const difference =
      match.weight - best.weight ||
      match.specificity - best.specificity ||
      Number(b.version === defaultVersion) - Number(a.version === defaultVersion) ||
      b.version - a.version ||
      Number(b.isResource === prefersResource) - Number(a.isResource === prefersResource)
    return difference > 0 ? match : best
  }

  /** Other services' types have versions too (`text/plain;version=0.0.4`); those are no word about ours. */
  function namesVersion({ type, version, foreign }: MediaRange): boolean {
    if (version === undefined || foreign) return false
    return type === '*/*' || type === 'application/*' || type === 'application/json' || isResourceType(type)
  }

  function isResourceType(type: string): boolean {
    return type === resource || type === family
  }
}
