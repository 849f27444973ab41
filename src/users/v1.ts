import { type Static, Type } from 'typebox'
import { ShownEmailSchema, ShownNameSchema } from './schemas.ts'
import type { User } from './user.ts'

export const userSchemaV1 = Type.Object({ id: Type.String(), name: ShownNameSchema, email: ShownEmailSchema })

export const presentV1 = ({ id, name, email }: User): Static<typeof userSchemaV1> => ({ id, name, email })
