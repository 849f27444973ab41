import { isIPv4 } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** RFC 9110 section 9.2.1. */
export function isSafe({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
}

/**
 * Whether no other site is behind an act. A browser says so itself in `Sec-Fetch-Site`; an older one sends
 * `Origin` with whatever is not a `GET`. What sends neither is no browser, so nobody can have it act for them.
 */
export function isSameOrigin(request: FastifyRequest): boolean {
  const { origin, host, 'sec-fetch-site': site } = request.headers
  // `none` is a person's own doing: an address typed in, a bookmark.
  if (site !== undefined) return site === 'same-origin' || site === 'none'
  return origin === undefined || (host !== undefined && URL.parse(origin)?.host === host.toLowerCase())
}

/** Whether the host was called by a name that only means this machine. */
export function hostIsLoopback(request: FastifyRequest): boolean {
  const name = URL.parse(`http://${request.headers.host ?? ''}`)?.hostname ?? ''
  return name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'))
}
