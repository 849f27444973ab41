import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { isRepeated } from '../problem-details/repeated.ts'
import { readCredentials } from './credentials.ts'
import type { Principal } from './principal.ts'
import { createVerifier, InvalidToken, type VerifiedToken, type VerifierOptions } from './verify-token.ts'

/**
 * Tokens remembered: as many as clients that are busy at once. Only good tokens are kept, so nobody without an
 * issuer's help fills it.
 */
const MAX_TOKENS = 10_000
/** All of them together, in characters: sixteen megabytes if every one is long. */
const MAX_CHARACTERS = 16 * 1024 * 1024

/** No credentials for us at all. */
export class NoToken extends Error {
  override readonly name = 'NoToken'
}

/** Tells who a request comes from, and remembers for as long as the token is good and its key is published. */
export function createIdentifier(options: VerifierOptions) {
  const { keySet, now } = options
  const verify = createVerifier(options)
  const tokens = new LRUCache<string, VerifiedToken>({
    max: MAX_TOKENS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: (_verified, authorization) => authorization.length,
  })

  return { recall, identify }

  /** The principal of a header seen before: a map lookup. Undefined: {@link identify} has to find out. */
  function recall(request: IncomingMessage): Principal | undefined {
    const { authorization } = request.headers
    if (authorization === undefined) return undefined
    const verified = tokens.get(authorization)
    if (verified === undefined || isRepeated(request.rawHeaders, 'authorization')) return undefined
    if (verified.key !== undefined && keySet?.isReady() !== true) return undefined
    return isGood(verified) ? verified.principal : undefined
  }

  /**
   * @throws NoToken
   * @throws InvalidToken
   * @throws KeysUnknown if it takes a key of a server that was never reached
   */
  async function identify(request: IncomingMessage): Promise<Principal> {
    const { authorization } = request.headers
    if (isRepeated(request.rawHeaders, 'authorization'))
      throw new InvalidToken('There is more than one Authorization header')
    const credentials = readCredentials(authorization)
    if (authorization === undefined || credentials.kind === 'none') throw new NoToken('There is no token')
    if (credentials.kind === 'malformed') throw new InvalidToken(credentials.reason)
    const verified = await verify(credentials.token)
    tokens.set(authorization, verified)
    return verified.principal
  }

  function isGood({ expires, notBefore, key }: VerifiedToken): boolean {
    const time = now()
    return time < expires && time >= notBefore && (key === undefined || keySet?.holds(key) === true)
  }
}
