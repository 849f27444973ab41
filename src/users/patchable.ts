import { type Static, Type } from 'typebox'
import { applyPatch, compileResult, equalJson, type Patch } from '#plugins/json-patch.ts'
import { changedAt } from '../changed-at.ts'
import { AvatarUrlSchema, EmailSchema, NameSchema, PreferencesSchema } from './schemas.ts'
import type { User } from './user.ts'

/** What a patch of a user sees, and all it sees; the same in every version. */
const ProfileSchema = Type.Object(
  {
    name: Type.Optional(NameSchema),
    email: Type.Optional(EmailSchema),
    avatarUrl: Type.Optional(AvatarUrlSchema),
    preferences: Type.Optional(PreferencesSchema),
  },
  { additionalProperties: false },
)

type UserProfile = Pick<User, 'name' | 'email' | 'avatarUrl' | 'preferences'>

const PATCHABLE = { patchable: ['/name', '/email', '/avatarUrl', '/preferences'] }

const readResult = compileResult(ProfileSchema)

/**
 * The user as a patch makes them, one revision on; the very same user where the patch changes nothing.
 *
 * @throws Problem patch-rejected or patch-test-failed
 */
export function patchedUser(user: User, patch: Patch, at: Date): User {
  const { name, email, avatarUrl, preferences } = user
  const before: UserProfile = { name, email, avatarUrl, preferences }
  const after = withDefaults(readResult(applyPatch(before, patch, PATCHABLE)))
  if (equalJson(before, after)) return user
  return {
    ...user,
    ...after,
    revision: user.revision + 1,
    updatedAt: changedAt(at, user),
  }
}

/** A member that was removed is empty. */
function withDefaults({ name, email, avatarUrl, preferences }: Static<typeof ProfileSchema>): UserProfile {
  return {
    name: name ?? null,
    email: email ?? null,
    avatarUrl: avatarUrl ?? null,
    preferences: preferences ?? {},
  }
}
