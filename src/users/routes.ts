import type { FastifyPluginAsync } from 'fastify'
import { PATCH_MEDIA_TYPES } from '#plugins/json-patch.ts'
import { getUser } from './get-user.ts'
import { patchUser } from './patch-user.ts'

/** Everybody sees, and changes, only themselves. */
export const userRoutes: FastifyPluginAsync = async (app) => {
  const user = { type: 'user', versions: Object.keys(app.users.versions).map(Number) }

  app.get('/users/me', { onRequest: [app.authenticate, app.acceptVersion(user)] }, getUser)
  app.patch(
    '/users/me',
    { onRequest: [app.authenticate, app.acceptVersion(user), app.acceptPatch(PATCH_MEDIA_TYPES)] },
    patchUser,
  )
}
