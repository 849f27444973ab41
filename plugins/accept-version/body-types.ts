import { createDecisionCache } from '../decision-cache.ts'
import { parseMediaType } from './media-type.ts'
import type { Offer } from './negotiate.ts'

/** The media types a route reads. */
export interface BodyTypes {
  /** May name one of `versions`; in lower case. */
  readonly versioned: readonly string[]
  /** Take no `version`; in lower case. */
  readonly plain: readonly string[]
  readonly versions: readonly number[]
  /** What a refusal lists while the versions in `gone` are past their sunset. */
  readonly announced: (gone: ReadonlySet<number>) => string[]
}

/** How a `Content-Type` is read; `version` is undefined where it names none. */
export interface BodyType {
  readonly type: string
  readonly version: number | undefined
}

const REFUSED = { type: undefined }

/** The bodies of a versioned resource: its own type, the vendor's family type, and plain JSON. */
export function resourceBodies(vendor: string, { type, versions }: Offer): BodyTypes {
  const family = `application/vnd.${vendor}+json`
  const resource = `application/vnd.${vendor}.${type}+json`
  return {
    versioned: [resource, family, 'application/json'],
    plain: [],
    versions,
    announced: (gone) => [
      ...versions.filter((version) => !gone.has(version)).map((version) => `${resource}; version=${version}`),
      family,
      'application/json',
    ],
  }
}

/** Bodies that are the same in every version, patch documents for one. */
export function plainBodies(mediaTypes: readonly string[]): BodyTypes {
  const plain = mediaTypes.map((type) => type.toLowerCase())
  return { versioned: [], plain, versions: [], announced: () => plain }
}

/**
 * Reads `Content-Type` against an exact list: a type on it, at most one `version` that is offered and at most
 * one `charset=utf-8`. Whatever else is there is refused: a body must not reach a parser under a type that
 * validation did not see (CVE-2025-32442, CVE-2026-25223).
 */
export function createBodyTypeReader({ versioned, plain, versions }: BodyTypes) {
  const decisions = createDecisionCache(decide)

  return {
    /**
     * @param negotiated the version of a body whose type names none
     * @returns the version the body is written in; undefined for a type that is refused
     */
    read(header: string | undefined, negotiated: number): number | undefined {
      const decision = header === undefined ? REFUSED : decisions.get(header)
      if (decision.type === undefined) return undefined
      const { type, version = negotiated } = decision
      return plain.includes(type) || versions.includes(version) ? version : undefined
    },
  }

  function decide(header: string): BodyType | typeof REFUSED {
    const parsed = parseMediaType(header)
    if (parsed === undefined) return REFUSED
    const takesVersion = versioned.includes(parsed.type)
    if (!takesVersion && !plain.includes(parsed.type)) return REFUSED
    let version: number | undefined
    let charset: string | undefined
    for (const { name, value } of parsed.parameters) {
      if (name === 'charset' && charset === undefined && value.toLowerCase() === 'utf-8') charset = value
      else if (name === 'version' && version === undefined && takesVersion) {
        version = versions.find((offered) => String(offered) === value)
        if (version === undefined) return REFUSED
      } else return REFUSED
    }
    return { type: parsed.type, version }
  }
}
