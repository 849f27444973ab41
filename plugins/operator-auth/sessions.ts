import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

const COOKIE = 'operator'
/** A working day: who comes back tomorrow logs in again. */
export const SESSION_SECONDS = 12 * 3600

/**
 * Proofs of knowing the token. The cookie is its own end and a code made with the token, so every instance knows it,
 * nothing is kept, a stolen one ends, and changing the token ends them all.
 *
 * @param now the system's clock, in milliseconds: instances have to agree on it
 */
export function createSessions(token: string, now = () => Date.now()) {
  const digest = digestOf(token)

  const isToken = (given: string) => timingSafeEqual(digestOf(given), digest)

  const seal = (end: string) =>
    `${end}.${createHmac('sha256', token).update(`session ${end}`).digest('base64url')}`

  return {
    /** Takes the same time whatever is given. */
    isToken,

    holdsToken(request: FastifyRequest): boolean {
      const given = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
      return given !== undefined && isToken(given)
    },

    /** When the session ends whose cookie is sent, in milliseconds since 1970; undefined: there is none, or it has. */
    endOfSession(request: FastifyRequest): number | undefined {
      const value = cookieOf(request)
      const end = value.slice(0, value.indexOf('.'))
      const endsAt = Number(end) * 1_000
      return timingSafeEqual(digestOf(value), digestOf(seal(end))) && endsAt > now() ? endsAt : undefined
    },

    /** The value of `Set-Cookie`. */
    cookie(request: Pick<FastifyRequest, 'protocol'>): string {
      const end = String(Math.floor(now() / 1000) + SESSION_SECONDS)
      const secure = request.protocol === 'https' ? '; Secure' : ''
      return `${COOKIE}=${seal(end)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_SECONDS}${secure}`
    },

    endOfCookie: `${COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`,
  }
}

// Digests have one length, which the comparison needs, and tell nothing of the token's.
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function cookieOf(request: FastifyRequest): string {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value = ''] = pair.trim().split('=', 2)
    if (name === COOKIE) return value
  }
  return ''
}
