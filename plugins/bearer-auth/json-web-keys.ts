import { type CryptoKey, importJWK, type JWK } from 'jose'

export type KeySetAlgorithm = 'RS256' | 'ES256' | 'EdDSA'

/** A public key as the key server publishes it. The same key stays the same object from fetch to fetch. */
export interface VerificationKey {
  readonly algorithm: KeySetAlgorithm
  readonly kid: string | undefined
  /** Tells it from every other key, also from one that was published under the same id. */
  readonly fingerprint: string
  readonly key: CryptoKey
}

/** A hundred RSA keys with certificates are less; more than this is no key set. */
const MAX_BYTES = 256 * 1024
/** NIST SP 800-131A; jose refuses smaller ones only when they are used. */
const MIN_RSA_BITS = 2_048

/**
 * Fetches the members of a JSON Web Key Set (RFC 7517 section 5).
 *
 * @throws Error if there is no answer in time, or one that is no key set, or a redirect
 */
export async function fetchKeySet(url: string, signal: AbortSignal): Promise<unknown[]> {
  const headers = { accept: 'application/jwk-set+json, application/json' }
  const response = await fetch(url, { headers, signal, redirect: 'manual' })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`The key server answered ${response.status}`)
  }
  const keySet: unknown = JSON.parse(await readBounded(response))
  if (!isObject(keySet) || !Array.isArray(keySet.keys))
    throw new Error('The key server’s answer is no key set')
  return keySet.keys
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (size > MAX_BYTES) throw new Error(`The key server’s answer is larger than ${MAX_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** The keys among `members` that can verify a token; others (for encryption, of unknown kinds) are passed over. */
export async function importKeys(
  members: readonly unknown[],
  known: readonly VerificationKey[],
): Promise<VerificationKey[]> {
  const keys = await Promise.all(members.map((member) => importMember(member, known)))
  return keys.filter((key) => key !== undefined)
}

async function importMember(
  member: unknown,
  known: readonly VerificationKey[],
): Promise<VerificationKey | undefined> {
  if (!isObject(member) || !isForVerifying(member)) return undefined
  const described = describe(member)
  if (described === undefined) return undefined
  const { algorithm, jwk } = described
  const kid = typeof member.kid === 'string' ? member.kid : undefined
  const fingerprint = JSON.stringify([kid, jwk])
  const same = known.find((key) => key.fingerprint === fingerprint)
  if (same !== undefined) return same
  try {
    const key = await importJWK(jwk, algorithm)
    if (key instanceof Uint8Array || isWeak(key)) return undefined
    return { algorithm, kid, fingerprint, key }
  } catch {
    return undefined
  }
}

function isForVerifying({ use, key_ops: operations }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

/**
 * The one algorithm a key is good for, and its public members alone. A symmetric key is good for none: what a
 * server publishes is no secret.
 */
function describe(member: Record<string, unknown>): { algorithm: KeySetAlgorithm; jwk: JWK } | undefined {
  const { kty, crv, alg, n, e, x, y } = member
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const isFor = (...names: string[]) => alg === undefined || names.some((name) => name === alg)
  if (kty === 'RSA' && isFor('RS256')) return { algorithm: 'RS256', jwk: { kty, n: text(n), e: text(e) } }
  if (kty === 'EC' && crv === 'P-256' && isFor('ES256')) {
    return { algorithm: 'ES256', jwk: { kty, crv, x: text(x), y: text(y) } }
  }
  if (kty === 'OKP' && crv === 'Ed25519' && isFor('EdDSA', 'Ed25519')) {
    return { algorithm: 'EdDSA', jwk: { kty, crv, x: text(x) } }
  }
  return undefined
}

function isWeak({ algorithm }: CryptoKey): boolean {
  return 'modulusLength' in algorithm && Number(algorithm.modulusLength) < MIN_RSA_BITS
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
