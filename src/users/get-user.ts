import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUnchanged } from '#plugins/conditional-requests.ts'
import { sendExact } from '#plugins/exact-body.ts'
import { keepableClaims, type User } from './user.ts'
import { userEtag, versionOf } from './versions.ts'

/** `GET /users/me` */
export async function getUser(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const user = await findSelf(request)
  if (!isUnchanged(request, userEtag(user, request.version))) return sendUser(request, reply, user)
  reply.header('cache-control', 'private, no-cache').header('etag', userEtag(user, request.version))
  return reply.code(304).send()
}

/** Whoever asks; made of their token on first sight. */
export function findSelf({ server, principal }: FastifyRequest): Promise<User> {
  return server.users.store.findOrMake(principal.id, keepableClaims(principal))
}

/** The user as they are now, in the negotiated version. */
export function sendUser(request: FastifyRequest, reply: FastifyReply, user: User): FastifyReply {
  const { version, responseType, server } = request
  reply.header('cache-control', 'private, no-cache').header('etag', userEtag(user, version))
  return sendExact(reply, responseType, versionOf(server.users.versions, version).write(user))
}
