const LENGTH = /\r\ncontent-length: (\d+)/i

/**
 * Where an HTTP message ends of which so much was received, as characters of one byte: its length stands in a header, or it has no
 * body. -1 as long as its head is not whole.
 */
export function messageEnd(received: string, { hasBody = true } = {}): number {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return -1
  return headEnd + 4 + (hasBody ? Number(LENGTH.exec(received)?.[1] ?? 0) : 0)
}
