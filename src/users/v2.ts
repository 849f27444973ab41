import { type Static, Type } from 'typebox'
import { PreferencesSchema, ShownAvatarUrlSchema, ShownEmailSchema, ShownNameSchema } from './schemas.ts'
import type { User } from './user.ts'

export const userSchemaV2 = Type.Object({
  id: Type.String({ description: 'The `sub` of the token' }),
  name: ShownNameSchema,
  email: ShownEmailSchema,
  avatarUrl: ShownAvatarUrlSchema,
  preferences: PreferencesSchema,
  revision: Type.Integer(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  _links: Type.Object({ self: Type.Object({ href: Type.String() }) }),
})

export function presentV2({ createdAt, updatedAt, ...user }: User): Static<typeof userSchemaV2> {
  return {
    ...user,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    _links: { self: { href: '/users/me' } },
  }
}
