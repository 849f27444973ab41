import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { prefersHtml } from './accept-version/prefers-html.ts'
import { createLoginThrottle } from './operator-auth/login-throttle.ts'
import { hostIsLoopback, isSafe, isSameOrigin } from './operator-auth/request-origin.ts'
import { createSessions } from './operator-auth/sessions.ts'
import { Problem } from './problem-details.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who acts, for the log: by which credential, and from where. Empty on a path open to everybody. */
    operator: string
    /** When that credential ends, in milliseconds since 1970: what is answered for longer ends with it. Infinite for a token. */
    operatorUntil: number
  }
}

export interface OperatorAuthOptions {
  /** Demanded of everybody. Without one only this machine may reach the listener, which is the caller's duty. */
  token?: string | undefined
  /** Paths that ask nobody who they are, e.g. probes. */
  open: readonly string[]
  /** Where a browser that is not logged in is sent instead of a `401`. Open, as `POST` to it and to `/logout` is. */
  loginPath?: string
}

const LOGOUT_PATH = '/logout'
/** A token and nothing else; whoever sends more is not logging in. */
const LOGIN_BODY_BYTES = 4096

/**
 * Lets operators in, by bearer token or by a cookie for it. What a browser does on behalf of another site is
 * refused: by the origin of the request, and, where there is no token, by the name the host was called by, for a
 * foreign name that resolves to this machine (DNS rebinding) is another site's too.
 */
export const operatorAuth = fp<OperatorAuthOptions>(
  async (app, { token, open, loginPath = '/login' }) => {
    const sessions = token === undefined ? undefined : createSessions(token)
    const throttle = createLoginThrottle()
    const openPaths = new Set(open)
    // Who logs out of a session that has ended, or of none, has what they wanted.
    const sessionPaths = new Set([loginPath, LOGOUT_PATH])

    app.decorateRequest('operator', '')
    app.decorateRequest('operatorUntil', Number.POSITIVE_INFINITY)

    app.addHook('onRequest', (request, reply, done) => {
      if (openPaths.has(request.routeOptions.url ?? '')) done()
      else if (sessions === undefined && !hostIsLoopback(request)) {
        done(new Problem('forbidden', { detail: 'Without a token, only localhost is answered here.' }))
      } else if (sessionPaths.has(request.routeOptions.url ?? '')) {
        done(refuseForeign(request))
      } else if (sessions === undefined) {
        request.operator = `localhost ${request.ip}`
        done(refuseForeign(request))
      } else if (sessions.holdsToken(request)) {
        // A header that no other site can make a browser send: no need to ask where it comes from.
        request.operator = `token ${request.ip}`
        done()
      } else {
        const endsAt = sessions.endOfSession(request)
        if (endsAt !== undefined) {
          request.operator = `session ${request.ip}`
          request.operatorUntil = endsAt
          done(refuseForeign(request))
        } else if (isSafe(request) && prefersHtml(request.headers.accept)) {
          reply.redirect(loginPath, 303)
        } else done(unauthorized())
      }
    })

    // A scope of its own, so that nothing else here reads forms.
    await app.register(async (scope) => {
      scope.addContentTypeParser(
        'application/x-www-form-urlencoded',
        { parseAs: 'string' },
        (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
      )
      scope.post(loginPath, { bodyLimit: LOGIN_BODY_BYTES }, (request, reply) => {
        const { token: given } = Object(request.body)
        if (sessions === undefined) return goOn(request, reply, '/')
        const seconds = throttle.secondsToWait(request.ip)
        if (seconds > 0) throw tooManyFailures(seconds)
        if (typeof given !== 'string' || !sessions.isToken(given)) {
          throttle.failed(request.ip)
          request.log.warn({ address: request.ip }, 'operator login refused')
          if (prefersHtml(request.headers.accept)) return reply.redirect(`${loginPath}?refused`, 303)
          throw unauthorized()
        }
        request.log.info({ address: request.ip }, 'operator logged in')
        reply.header('set-cookie', sessions.cookie(request))
        return goOn(request, reply, '/')
      })
      scope.post(LOGOUT_PATH, { bodyLimit: LOGIN_BODY_BYTES }, (request, reply) => {
        if (sessions !== undefined) reply.header('set-cookie', sessions.endOfCookie)
        return goOn(request, reply, loginPath)
      })
    })
  },
  { name: 'operator-auth', fastify: '5.x', dependencies: ['problem-details'] },
)

/** Told before the token is looked at, or guessing would go on all the same. */
function tooManyFailures(seconds: number): Problem {
  return new Problem('rate-limited', {
    detail: `Too many wrong tokens. Try again in ${seconds} seconds.`,
    headers: { 'retry-after': String(seconds) },
  })
}

function unauthorized(): Problem {
  return new Problem('unauthorized', {
    detail: 'The operations token is needed, as a bearer token or through the login page.',
    headers: { 'www-authenticate': 'Bearer' },
  })
}

function refuseForeign(request: FastifyRequest): Problem | undefined {
  if (isSafe(request) || isSameOrigin(request)) return undefined
  return new Problem('forbidden', { detail: 'Another site may not act here on behalf of an operator.' })
}

/** A browser sees a page next; a program is told that it is done. */
function goOn(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
  reply.header('cache-control', 'no-store')
  return prefersHtml(request.headers.accept) ? reply.redirect(path, 303) : reply.code(204).send()
}
