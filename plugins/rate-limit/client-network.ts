import { isIPv4, isIPv6 } from 'node:net'

/** `192.0.2.1:40000`, `[2001:db8::1]:4000` or `[2001:db8::1]`. */
const WITH_PORT = /^(?:([\d.]+):\d+|\[([^\]]+)\](?::\d+)?)$/

/**
 * What an address is counted as: an IPv4 address by itself, also one that comes mapped into IPv6; of an IPv6 address the
 * first 64 bits, because the rest is the subscriber's to choose (RFC 4291 section 2.5.4) and a new one costs nothing.
 * Some proxies write the client's port into X-Forwarded-For; it is another one for each connection, and left out.
 */
export function clientNetwork(written: string): string {
  if (!written.includes(':')) return written
  const [, v4, address = v4 ?? written] = WITH_PORT.exec(written) ?? []
  if (!isIPv6(address)) return address
  const [plain = ''] = address.toLowerCase().split('%')
  const dotted = plain.slice(plain.lastIndexOf(':') + 1)
  const [head = '', tail] = (isIPv4(dotted) ? withHexadecimal(plain, dotted) : plain).split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  const mapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff'
  return mapped ? toIPv4(groups.slice(6)) : `${groups.slice(0, 4).join(':')}::/64`
}

const groupsOf = (part: string): string[] =>
  part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16).toString(16))

function withHexadecimal(address: string, dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
  const groups = [a * 256 + b, c * 256 + d].map((group) => group.toString(16))
  return address.slice(0, -dotted.length) + groups.join(':')
}

const toIPv4 = (groups: readonly string[]): string =>
  groups
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join('.')
