/**
 * Whether a request has several headers of one name, given in lower case. Node keeps the first of those that may stand there
 * once, and a proxy before us may have looked at the last.
 */
export function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let seen = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at]
    if (header?.length === name.length && header.toLowerCase() === name) seen++
  }
  return seen > 1
}
