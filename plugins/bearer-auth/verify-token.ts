import { createSecretKey, type KeyObject } from 'node:crypto'
import { type CryptoKey, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import type { KeySetAlgorithm, VerificationKey } from './json-web-keys.ts'
import type { KeySet } from './key-set.ts'
import { type Principal, principalOf } from './principal.ts'

export interface VerifierOptions {
  /** Verifies HS256. */
  secret?: string | undefined
  /** Verifies RS256, ES256 and EdDSA. */
  keySet?: KeySet | undefined
  /** The only `iss` that is taken; any, if left out. */
  issuer?: string | undefined
  /** What `aud` has to be or contain; anything, if left out. */
  audience?: string | undefined
  /** Milliseconds since the epoch. */
  now: () => number
}

export interface VerifiedToken {
  readonly principal: Principal
  /** Milliseconds since the epoch: good from the first, up to but not at the second. */
  readonly notBefore: number
  readonly expires: number
  /** The published key it was verified with; undefined for the secret. */
  readonly key: VerificationKey | undefined
}

/** The token is no good. The message is fit for a client; it holds no part of the token. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken'
}

/** RFC 7518 section 3.2: a key as long as the hash, or it is the weaker of the two. */
const MIN_SECRET_BYTES = 32
/**
 * A token that names no key is tried with so many of its algorithm: issuers publish two or three, and a dozen where
 * tenants share a set. Each takes a quarter of a millisecond. A good token takes that once, for it is remembered; a
 * bad one, which anybody can send, takes four milliseconds at most, and no longer for a longer set.
 */
const MAX_CANDIDATES = 16

const EXPIRED = 'The token has expired'
const NOT_YET = 'The token is not valid yet'

/**
 * The algorithm a token claims only selects among what its key is good for, and each kind of key has its own:
 * a public key is never taken for a secret (RFC 8725 section 2.1).
 *
 * @throws Error if the secret is under 32 bytes
 */
export function createVerifier({ secret, keySet, issuer, audience, now }: VerifierOptions) {
  if (secret !== undefined && Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new Error(`The secret that signs tokens needs at least ${MIN_SECRET_BYTES} bytes`)
  }
  const secretKey = secret === undefined ? undefined : createSecretKey(secret, 'utf8')

  /**
   * @throws InvalidToken
   * @throws KeysUnknown if it takes a key of a server that was never reached
   */
  return async function verify(token: string): Promise<VerifiedToken> {
    const { algorithm, kid } = readHeader(token)
    if (!hasOneSpelling(token)) throw new InvalidToken('The token is not a signed JWT')
    if (algorithm === 'HS256' && secretKey !== undefined) {
      const verified = await verifyWith(token, algorithm, secretKey)
      if (verified !== undefined) return verified
    } else {
      if (!isKeySetAlgorithm(algorithm) || keySet === undefined) {
        throw new InvalidToken('The token is signed with an algorithm that is not accepted')
      }
      await keySet.ready()
      const candidates = await keySet.find(algorithm, kid)
      for (const key of candidates.slice(0, MAX_CANDIDATES)) {
        const verified = await verifyWith(token, algorithm, key.key)
        if (verified !== undefined) return { ...verified, key }
      }
      if (candidates.length > MAX_CANDIDATES) {
        throw new InvalidToken(
          `The token names no key, and the ${MAX_CANDIDATES} that were tried did not sign it`,
        )
      }
    }
    throw new InvalidToken('The token is not signed by a known key')
  }

  /** @returns undefined if the signature is not this key's */
  async function verifyWith(
    token: string,
    algorithm: string,
    key: CryptoKey | KeyObject,
  ): Promise<VerifiedToken | undefined> {
    let payload: JWTPayload
    try {
      const result = await jwtVerify(token, key, {
        algorithms: [algorithm],
        requiredClaims: ['exp'],
        currentDate: new Date(now()),
        // By its clock of whole seconds a token is good too long, or too late; to the millisecond it is judged below.
        clockTolerance: 1,
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      })
      payload = result.payload
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed) return undefined
      // Without it as the cause: it carries the claims, which are nobody's business in a log.
      throw new InvalidToken(reasonOf(error))
    }
    const { exp = Number.NaN, nbf = Number.NEGATIVE_INFINITY } = payload
    // JSON has no infinity, but 1e999 reads as one: a token for ever.
    if (!Number.isFinite(exp)) throw new InvalidToken('The token does not expire')
    const times = { notBefore: nbf * 1000, expires: exp * 1000 }
    const time = now()
    if (time < times.notBefore) throw new InvalidToken(NOT_YET)
    if (time >= times.expires) throw new InvalidToken(EXPIRED)
    const principal = principalOf(payload)
    if (principal === undefined) throw new InvalidToken('The token names no subject of 1 to 255 characters')
    return { principal, ...times, key: undefined }
  }
}

function readHeader(token: string): { algorithm: string | undefined; kid: string | undefined } {
  try {
    const { alg, kid } = decodeProtectedHeader(token)
    return { algorithm: alg, kid: typeof kid === 'string' ? kid : undefined }
  } catch {
    throw new InvalidToken('The token is not a signed JWT')
  }
}

/**
 * The last character of a signature holds bits that no byte has room for, and that decoders pass over: left at that,
 * several tokens would be as good as the one that was signed (RFC 4648 section 3.5 lets them be refused).
 */
function hasOneSpelling(token: string): boolean {
  const signature = token.slice(token.lastIndexOf('.') + 1)
  return Buffer.from(signature, 'base64url').toString('base64url') === signature
}

function isKeySetAlgorithm(algorithm: string | undefined): algorithm is KeySetAlgorithm {
  return algorithm === 'RS256' || algorithm === 'ES256' || algorithm === 'EdDSA'
}

/** Only who holds a token that is properly signed learns what is wrong with its claims. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return EXPIRED
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'The token is not valid'
  if (error.claim === 'nbf') return NOT_YET
  return `The claim ${error.claim} of the token is missing or not what it has to be`
}
