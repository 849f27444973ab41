/** A representation that was read before, and the tag by which the service says that it is still the current one. */
export interface CachedAnswer {
  readonly etag: string
  readonly body: string
  /** Of lists: where the next page is. */
  readonly link?: string | undefined
}

/** Where answers are kept, by URL. Nothing breaks if an entry is lost: it is read again. */
export interface EtagCache {
  get(url: string): CachedAnswer | undefined
  set(url: string, answer: CachedAnswer): void
}

export interface EtagCacheBounds {
  readonly maxEntries?: number
  /** Of all bodies together, in UTF-16 code units. */
  readonly maxLength?: number
}

/** Keeps the answers that were used last, in memory, within bounds: 200 of them and 2 million characters. */
export function createEtagCache({
  maxEntries = 200,
  maxLength = 2_000_000,
}: EtagCacheBounds = {}): EtagCache {
  // A Map remembers in which order its entries came; what is used is moved to the end.
  const entries = new Map<string, CachedAnswer>()
  let length = 0

  function remove(url: string): void {
    length -= entries.get(url)?.body.length ?? 0
    entries.delete(url)
  }

  return {
    get(url) {
      const answer = entries.get(url)
      if (answer === undefined) return undefined
      entries.delete(url)
      entries.set(url, answer)
      return answer
    },
    set(url, answer) {
      remove(url)
      if (answer.body.length > maxLength) return
      entries.set(url, answer)
      length += answer.body.length
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && length <= maxLength) break
        remove(oldest)
      }
    },
  }
}
