import type { FastifyReply } from 'fastify'

/** Appends to `Link` (RFC 8288), keeping what is set: a version on its way out has said so before. */
export function addLink(reply: FastifyReply, value: string): void {
  const before = reply.getHeader('link')
  reply.header('link', before === undefined ? value : `${String(before)}, ${value}`)
}
