/**
 * Where idempotency keys wait for the end of their order: anything that survives what the page shall survive. `Storage`
 * (localStorage, sessionStorage) becomes one through {@link keysInStorage}.
 */
export interface KeyStore {
  get(name: string): string | null | undefined | Promise<string | null | undefined>
  set(name: string, value: string): void | Promise<void>
  delete(name: string): void | Promise<void>
}

/**
 * Keys of orders that nobody has asked about again, the last ones. A person leaves a few in a year, a till that was offline some
 * hundreds in a day; a thousand take some 100 KB of the 5 MB that a browser gives.
 */
const MOST_KEYS = 1_000

/** The part of the Web Storage API that is used. */
export interface WebStorage {
  readonly length: number
  key(index: number): string | null
  getItem(name: string): string | null
  setItem(name: string, value: string): void
  removeItem(name: string): void
}

/**
 * Keys in `localStorage` or `sessionStorage`, so that a reload, or a tab that comes back after a crash, goes on with the
 * same one. None gets too old: by a clock that jumps, an order whose answer was lost would become two; and a key that the service
 * has forgotten by now is as good as a new one. But of more than a thousand the first ones are dropped.
 *
 * @param prefix one for each user, where several share a browser
 */
export function keysInStorage(storage: WebStorage, prefix = 'holdfast:key:'): KeyStore {
  // An entry is its key, after a number that tells which are the first: no time, for clocks jump.
  function entryAt(place: string) {
    const [, number, key] = /^(\d+) (.+)$/s.exec(storage.getItem(place) ?? '') ?? []
    return key === undefined ? undefined : { place, number: Number(number), key }
  }

  return {
    get: (name) => entryAt(prefix + name)?.key,
    set(name, key) {
      const others = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '')
        .filter((place) => place.startsWith(prefix) && place !== prefix + name)
        .flatMap((place) => entryAt(place) ?? [])
        .sort((one, other) => one.number - other.number)
      storage.setItem(prefix + name, `${(others.at(-1)?.number ?? 0) + 1} ${key}`)
      for (const { place } of others.slice(0, 1 - MOST_KEYS)) storage.removeItem(place)
    },
    delete: (name) => storage.removeItem(prefix + name),
  }
}

/** Keys in memory: they survive retries, and nothing else. */
export function keysInMemory(): KeyStore {
  const kept = new Map<string, string>()
  return {
    get: (name) => kept.get(name),
    set: (name, value) => void kept.set(name, value),
    delete: (name) => void kept.delete(name),
  }
}
