import { isIPv6 } from 'node:net'

/** The URL of a listener: an IPv6 address stands in brackets there (RFC 3986 section 3.2.2). */
export function httpUrl(host: string, port: number): string {
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`
}
