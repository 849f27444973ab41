import { createDecisionCache } from '../decision-cache.ts'
import type { LifecycleHeaders, Lifecycles } from './lifecycle.ts'
import { type Candidate, createNegotiation, type Offer } from './negotiate.ts'

/** What was decided, with every header value ready to be sent. Shared among requests, never changed. */
export type Choice =
  | {
      readonly kind: 'served'
      readonly version: number
      readonly apiVersion: string
      readonly mediaType: string
      readonly lifecycle: LifecycleHeaders | undefined
    }
  | { readonly kind: 'gone'; readonly version: number; readonly lifecycle: LifecycleHeaders | undefined }
  | { readonly kind: 'not-acceptable'; readonly lifecycle?: undefined }
  | { readonly kind: 'malformed'; readonly lifecycle?: undefined }

const NOT_ACCEPTABLE: Choice = { kind: 'not-acceptable' }
const MALFORMED: Choice = { kind: 'malformed' }
const NOTHING_ACCEPTED = 'Nothing that the request accepts is offered here; "available" lists what is.'
const POSITIVE_INTEGER = /^[1-9]\d*$/

/**
 * Chooses the version for a request's headers, and remembers: for a header seen lately that is one lookup.
 * What is remembered rests on which versions are gone, and is dropped when another one passes its sunset.
 *
 * @throws Error if the offer has no versions, or one that is no positive integer, or one twice
 */
export function createVersionChooser(
  vendor: string,
  offer: Offer,
  defaultVersion: number,
  lifecycles: Lifecycles,
) {
  checkVersions(offer)
  const { candidates, negotiate, available } = createNegotiation(vendor, offer, defaultVersion)
  const served = new Map(candidates.map((candidate) => [candidate, servedChoice(candidate)]))
  let gone = lifecycles.goneAt(Number.NEGATIVE_INFINITY)

  /** One cache for each version that can be pinned, so that no key has to be put together for a lookup. */
  const unpinned = createDecisionCache((accept) => decide(accept, undefined))
  const pinned = new Map(
    offer.versions.map((version) => [
      String(version),
      createDecisionCache((accept) => decide(accept, version)),
    ]),
  )

  return {
    /** @param time in milliseconds since the epoch */
    choose(accept: string | undefined, acceptVersion: string | string[] | undefined, time: number): Choice {
      forget(time)
      // An empty header and none are the same to negotiation.
      if (acceptVersion === undefined) return unpinned.get(accept ?? '')
      const cache = typeof acceptVersion === 'string' ? pinned.get(acceptVersion) : undefined
      if (cache !== undefined) return cache.get(accept ?? '')
      return POSITIVE_INTEGER.test(String(acceptVersion)) ? NOT_ACCEPTABLE : MALFORMED
    },

    /** What to tell a client that cannot be served: in words, and as the media types it may ask for. */
    explain(choice: Choice, time: number): { detail: string; available: string[] } {
      forget(time)
      const types = available(gone)
      if (choice.kind !== 'gone') return { detail: NOTHING_ACCEPTED, available: types }
      const newest = Math.max(...offer.versions.filter((version) => !gone.has(version)))
      const advice =
        types.length === 0
          ? 'No version is left.'
          : `Ask for application/vnd.${vendor}.${offer.type}+json; version=${newest}, or send Accept-Version: ${newest}.`
      return { detail: `${lifecycles.goneSince(choice.version)} ${advice}`, available: types }
    },
  }

  function forget(time: number): void {
    const current = lifecycles.goneAt(time)
    if (current === gone) return
    gone = current
    unpinned.clear()
    for (const cache of pinned.values()) cache.clear()
  }

  function decide(accept: string, only: number | undefined): Choice {
    const outcome = negotiate(accept, only, gone)
    switch (outcome.kind) {
      case 'served':
        return served.get(outcome.candidate) ?? servedChoice(outcome.candidate)
      case 'gone':
        return { ...outcome, lifecycle: lifecycles.headers(outcome.version) }
      case 'not-acceptable':
        return NOT_ACCEPTABLE
    }
  }

  function servedChoice({ version, mediaType }: Candidate): Choice {
    const lifecycle = lifecycles.headers(version)
    return { kind: 'served', version, apiVersion: String(version), mediaType, lifecycle }
  }
}

function checkVersions({ type, versions }: Offer): void {
  const areVersions = versions.every((version) => Number.isSafeInteger(version) && version > 0)
  if (!areVersions || versions.length === 0 || new Set(versions).size !== versions.length) {
    throw new Error(`The versions of ${type} have to be different positive integers: ${versions.join(', ')}`)
  }
}
