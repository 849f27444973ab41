import type { FastifyReply, FastifyRequest } from 'fastify'
import { requireMatch } from '#plugins/conditional-requests.ts'
import { readPatch } from '#plugins/json-patch.ts'
import { findSelf, sendUser } from './get-user.ts'
import { patchedUser } from './patchable.ts'
import { userEtag } from './versions.ts'

/**
 * `PATCH /users/me`: name, email, avatar and preferences, whatever the negotiated version; the precondition and
 * the write go together as they do for an order.
 */
export async function patchUser(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { store, now } = request.server.users
  const patch = readPatch(request)
  for (;;) {
    const user = await findSelf(request)
    requireMatch(request, userEtag(user, request.version))
    const patched = patchedUser(user, patch, now())
    const current = patched === user ? user : await store.change(patched)
    // Another change came first: an entity tag now fails, and `*` has the patch applied to what that one made.
    if (current !== null) return sendUser(request, reply, current)
  }
}
