import type { KeyStore } from './key-store.ts'

export type IdempotencyKeys = ReturnType<typeof createIdempotencyKeys>

/** One key for one order, from the first time it is sent until the service has said what became of it. */
export function createIdempotencyKeys(store: KeyStore) {
  // Taken note of before anything is waited for: of two clicks the second one must find the key of the first.
  const pending = new Map<string, Promise<string>>()

  async function find(name: string): Promise<string> {
    const kept = await store.get(name)
    if (kept) return kept
    const made = crypto.randomUUID?.() ?? randomKey()
    await store.set(name, made)
    return made
  }

  return {
    /** The key under which this order was sent before, or a new one. */
    keyOf(name: string): Promise<string> {
      const known = pending.get(name)
      if (known !== undefined) return known
      const found = find(name)
      pending.set(name, found)
      found.catch(() => pending.delete(name))
      return found
    },

    /** The order has had its end under this key: the same one again shall be another order. */
    async forget(name: string, key: string): Promise<void> {
      if ((await pending.get(name)) === key) pending.delete(name)
      if ((await store.get(name)) === key) await store.delete(name)
    },
  }
}

/**
 * A key as the header has it, a string of RFC 8941 (section 3.3.3).
 *
 * @throws TypeError for a key that the service would not take
 */
export function quoted(key: string): string {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new TypeError('An idempotency key is 1 to 255 characters of printable ASCII, and this one is not.')
  }
  return `"${key.replaceAll(/["\\]/g, '\\$&')}"`
}

/** `crypto.randomUUID` is kept from pages that came over plain HTTP; random values are not. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

/**
 * The name of an order: the same for the same content, whatever the order of its members. It is a hash, so that no payment
 * token is stored; of 2 × 53 bits, made at once, where `crypto.subtle` would need a secure page.
 */
export function nameOfOrder(version: number, order: unknown): string {
  const text = canonical(order)
  return `v${version}-${hash(text, 0).toString(36)}${hash(text, 1).toString(36)}`
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  )
}

/** cyrb53, in the public domain: two multiplicative hashes of 32 bits, mixed into 53. */
function hash(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed
  let low = 0x41c6ce57 ^ seed
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}
