import type { FastifyBaseLogger } from 'fastify'
import { fetchKeySet, importKeys, type KeySetAlgorithm, type VerificationKey } from './json-web-keys.ts'

export interface KeySetOptions {
  /** Where the key server publishes its JSON Web Key Set. */
  url: string
  /** Milliseconds since the epoch. */
  now: () => number
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>
}

export type KeySet = ReturnType<typeof createKeySet>

/** Older than this, keys are fetched again while they go on serving: half of what rotation may take. */
const REFRESH_AFTER_MS = 30_000
/** Older than this, nothing is decided before a fetch was tried: a withdrawn key is out within a minute. */
const WAIT_AFTER_MS = 55_000
/** Between fetches for unknown key ids, which anybody can make up. A new key waits for this long at most. */
const UNKNOWN_AFTER_MS = 10_000
/** Between attempts while the key server is away. */
const RETRY_AFTER_MS = 2_000
/** A key server answers from memory; who waits for it is a client with a request of its own. */
const TIMEOUT_MS = 3_000

/** No key was ever had, so whether a token is good cannot be said. */
export class KeysUnknown extends Error {
  override readonly name = 'KeysUnknown'
}

/**
 * The keys of a key server, fetched when the first token needs them and then as requests come, one fetch at a
 * time. While the server is away, the keys it gave last go on serving.
 */
export function createKeySet({ url, now, log }: KeySetOptions) {
  let keys: readonly VerificationKey[] = []
  let current: ReadonlySet<VerificationKey> = new Set()
  let reached = false
  let failure: unknown
  /** When what is known was asked for, or when asking failed. */
  let askedAt = Number.NEGATIVE_INFINITY
  let flight: Promise<void> | undefined
  const closing = new AbortController()

  return {
    /**
     * Whether {@link holds} can be relied on now; starts a refresh in the background when one is due.
     * If not, {@link ready} comes first.
     */
    isReady(): boolean {
      if (!reached || isOlderThan(WAIT_AFTER_MS)) return false
      if (isOlderThan(failure === undefined ? REFRESH_AFTER_MS : RETRY_AFTER_MS)) void refresh()
      return true
    },

    /** @throws KeysUnknown if the key server was never reached, now included */
    async ready(): Promise<void> {
      if (isOlderThan(reached ? WAIT_AFTER_MS : RETRY_AFTER_MS) || (!reached && flight)) await refresh()
      if (!reached) throw new KeysUnknown('The key server was never reached', { cause: failure })
    },

    /** Whether the key is still published. */
    holds: (key: VerificationKey): boolean => current.has(key),

    /**
     * The keys that could have signed a token, none if its key id is unknown; asks the server once more for an
     * id that is new. Call {@link ready} first.
     */
    async find(algorithm: KeySetAlgorithm, kid: string | undefined): Promise<VerificationKey[]> {
      const found = matching(algorithm, kid)
      const mayAsk = flight || isOlderThan(failure === undefined ? UNKNOWN_AFTER_MS : RETRY_AFTER_MS)
      if (found.length > 0 || !mayAsk) return found
      await refresh()
      return matching(algorithm, kid)
    },

    /** Gives a fetch under way up. */
    close: (): void => closing.abort(),
  }

  function matching(algorithm: KeySetAlgorithm, kid: string | undefined): VerificationKey[] {
    return keys.filter((key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid))
  }

  /** A clock that was set back counts as time that has passed. */
  function isOlderThan(milliseconds: number): boolean {
    return Math.abs(now() - askedAt) >= milliseconds
  }

  /** Never rejects: what went wrong is kept in `failure`. */
  function refresh(): Promise<void> {
    flight ??= fetchKeys().finally(() => {
      flight = undefined
    })
    return flight
  }

  async function fetchKeys(): Promise<void> {
    const startedAt = now()
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)])
      keys = await importKeys(await fetchKeySet(url, signal), keys)
      current = new Set(keys)
      reached = true
      askedAt = startedAt
      if (failure !== undefined) log.info('the key server is back')
      failure = undefined
    } catch (error) {
      askedAt = now()
      // Said once an outage, which has an attempt every two seconds.
      if (failure === undefined && !closing.signal.aborted) {
        log.warn(
          { err: error },
          reached ? 'the key server is away; its last keys serve' : 'the key server was never reached',
        )
      }
      failure = error
    }
  }
}
