import type { FastifyReply } from 'fastify'

/** Adds to `Link` (RFC 8288) what is not the first to stand there: a version on its way out has said so before. */
export function addLink(reply: FastifyReply, value: string): void {
  const before = reply.getHeader('link')
  reply.header('link', before === undefined ? value : `${String(before)}, ${value}`)
}
