/** `postgres://user:password@one:5432,two:5432/name?…` */
const URL_PARTS = /^([^/]*\/\/(?:[^@/]*@)?)([^/?]*)(.*)$/s

/**
 * The URLs of a database's hosts, one for each that `a:5432,b:5432` names, in that order. Neither `URL` nor `pg`
 * can read more than one; the driver can, but with several it never says that none of them answers, and tries
 * them over and over without a pause.
 */
export function hostsOf(url: string): [string, ...string[]] {
  const [, before = '', hosts = '', after = ''] = URL_PARTS.exec(url) ?? []
  const [first, ...others] = hosts.split(',').map((host) => before + host + after)
  return first === undefined || others.length === 0 ? [url] : [first, ...others]
}

/** Where a URL leads that names an address of IPv6; undefined for any other host. */
export function ipv6AddressOf(url: string): { host: [string]; port: [number] } | undefined {
  const { hostname = '', port = '' } = URL.parse(url) ?? {}
  const [, host] = /^\[(.*)\]$/.exec(hostname) ?? []
  return host === undefined ? undefined : { host: [host], port: [Number(port || 5432)] }
}
