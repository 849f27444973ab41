import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import fp from 'fastify-plugin'
import { createIdentifier, NoToken } from './bearer-auth/identify.ts'
import { createKeySet, KeysUnknown } from './bearer-auth/key-set.ts'
import type { Principal } from './bearer-auth/principal.ts'
import { InvalidToken } from './bearer-auth/verify-token.ts'
import { Problem } from './problem-details.ts'

export type { Principal } from './bearer-auth/principal.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * An `onRequest` hook for what is not public: sets the principal, or answers `401`; `503` while the keys
     * that could tell were never had.
     */
    authenticate: IdentityHook
    /**
     * An `onRequest` hook that sets `caller` where it can and refuses nobody: for what has to know the
     * principal before `401` may be answered, such as a rate limit. {@link authenticate} goes on from there.
     */
    identify: IdentityHook
  }

  interface FastifyRequest {
    /** Who the token names, null as long as that is not known. */
    caller: Principal | null
    /** Who the token names. Throws where nothing has authenticated the request. */
    readonly principal: Principal
  }
}

export interface BearerAuthOptions {
  /** Verifies HS256; 32 bytes at least. */
  secret?: string | undefined
  /** A JSON Web Key Set, http or https: verifies RS256, ES256 and EdDSA. It is not asked before a token comes. */
  jwksUrl?: string | undefined
  /** The only `iss` that is taken; any, if left out. */
  issuer?: string | undefined
  /** What `aud` has to be or contain; anything, if left out. */
  audience?: string | undefined
  /** The time in milliseconds since the epoch; by default the system's. */
  now?: () => number
}

type IdentityHook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** In seconds; the key server is tried again every two. */
const RETRY_AFTER = '2'

/**
 * Bearer tokens (RFC 6750) that are signed JWTs (RFC 7519), checked as RFC 8725 advises.
 *
 * @throws Error at start if there is nothing to verify with, the secret is short, or the URL is none
 */
export const bearerAuth = fp<BearerAuthOptions>(
  async (app, options) => {
    const { secret, jwksUrl, issuer, audience, now = Date.now } = options
    if (secret === undefined && jwksUrl === undefined) {
      throw new Error('Tokens cannot be verified without a secret or a key set')
    }
    const keySet =
      jwksUrl === undefined ? undefined : createKeySet({ url: checked(jwksUrl), now, log: app.log })
    const { recall, identify } = createIdentifier({ secret, keySet, issuer, audience, now })
    const refusals = new WeakMap<FastifyRequest, Error>()

    app.addHook('onClose', async () => keySet?.close())
    app.decorateRequest('caller', null)
    app.decorateRequest('principal', {
      getter() {
        if (this.caller === null) throw new Error('The principal was asked for before it was authenticated')
        return this.caller
      },
    })

    app.decorate('identify', (request, _reply, done) => settle(request, () => done()))
    app.decorate('authenticate', (request, _reply, done) => {
      if (request.caller !== null) done()
      else settle(request, done)
    })

    /** Calls back with the refusal, or with nothing once `caller` is set; a request is judged once. */
    function settle(request: FastifyRequest, done: (refusal?: Error) => void): void {
      const refused = refusals.get(request)
      const known = refused === undefined ? recall(request.raw) : undefined
      if (known !== undefined) request.caller = known
      if (refused !== undefined || known !== undefined) {
        done(refused)
        return
      }
      identify(request.raw).then(
        (principal) => {
          request.caller = principal
          done()
        },
        (error: unknown) => {
          const refusal = refuse(error)
          refusals.set(request, refusal)
          done(refusal)
        },
      )
    }

    function refuse(cause: unknown): Error {
      if (cause instanceof NoToken) {
        // RFC 6750 section 3.1: no error code for a client that did not know it has to authenticate.
        return new Problem('unauthorized', { headers: { 'www-authenticate': 'Bearer' }, cause })
      }
      if (cause instanceof InvalidToken) {
        const detail = `${cause.message}.`
        const challenge = `Bearer error="invalid_token", error_description="${cause.message}"`
        return new Problem('unauthorized', {
          detail,
          headers: { 'www-authenticate': challenge },
          cause,
        })
      }
      if (cause instanceof KeysUnknown) {
        // Without its cause, which is in the log once: a line for each request would only bury it.
        return new Problem('service-unavailable', { headers: { 'retry-after': RETRY_AFTER } })
      }
      return new Error('The token could not be verified', { cause })
    }
  },
  { name: 'bearer-auth', fastify: '5.x' },
)

/** A URL with a password in it could not be fetched, and would stand in the log. */
function checked(jwksUrl: string): string {
  const url = URL.parse(jwksUrl)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username || url.password) {
    throw new Error('The key set needs an http or https URL without a user or password')
  }
  return url.href
}
