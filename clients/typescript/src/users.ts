import type { EntityTags } from './entity-tags.ts'
import type { JsonPatch, Representations, UserMergePatch } from './generated.ts'
import type { CallOptions, Version } from './options.ts'
import { type PatchOptions, sendPatch } from './patch.ts'
import type { Transport } from './transport.ts'

export interface Users<V extends Version> {
  /** Whoever the token belongs to. */
  me(options?: CallOptions): Promise<Representations[V]['User']>
  /**
   * Changes what `me` was when it was read.
   *
   * @throws {ProblemError} `precondition-failed` if it has changed since: somebody else was faster, or an earlier attempt
   */
  patch(
    me: Representations[V]['User'] | 'me',
    patch: JsonPatch | UserMergePatch,
    options?: PatchOptions,
  ): Promise<Representations[V]['User']>
}

export function createUsers<V extends Version>(transport: Transport, tags: EntityTags): Users<V> {
  type User = Representations[V]['User']
  const where = { path: '/users/me', type: 'user' }
  return {
    async me(options = {}) {
      return tags.note(await transport.send<User>({ ...where, method: 'GET', repeatable: 'always' }, options))
    },
    patch: (me, patch, options = {}) =>
      sendPatch<User>(transport, tags, { ...where, subject: me }, patch, options),
  }
}
