import { createHash } from 'node:crypto'
import fastJsonStringify from 'fast-json-stringify'
import type { TSchema } from 'typebox'
import type { User } from './user.ts'
import { presentV1, userSchemaV1 } from './v1.ts'
import { presentV2, userSchemaV2 } from './v2.ts'

/** How users are written in one version of the interface. They are read by patches only, which know no version. */
export interface UserVersion {
  /** The schemas of the bodies, as `openapi.yaml` shows them. */
  schemas: { user: TSchema }
  write: (user: User) => string
}

export type UserVersions = Readonly<Record<number, UserVersion>>

/** The versions there are. A new one is a file beside these, and a line here. */
export const userVersions: UserVersions = {
  1: defineVersion(userSchemaV1, presentV1),
  2: defineVersion(userSchemaV2, presentV2),
}

function defineVersion<One>(schema: TSchema, present: (user: User) => One): UserVersion {
  const write = fastJsonStringify(schema)
  return { schemas: { user: schema }, write: (user) => write(present(user)) }
}

/** A version that was negotiated, so there is one. */
export function versionOf(versions: UserVersions, version: number): UserVersion {
  const found = versions[version]
  if (found === undefined) throw new Error(`users have no version ${version}`)
  return found
}

/** Strong, like an order's. A `sub` may hold what no tag may, and be longer than a header should. */
export function userEtag({ id, revision }: User, version: number): string {
  const digest = createHash('sha256').update(id).digest('base64url')
  return `"${digest}.${revision}.v${version}"`
}
