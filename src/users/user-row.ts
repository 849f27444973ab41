import type { User } from './user.ts'

/** A user as `to_jsonb(users)` writes it. */
export interface UserRow {
  id: string
  name: string | null
  email: string | null
  avatar_url: string | null
  preferences: Record<string, unknown>
  revision: number
  created_at: string
  updated_at: string
}

/** What stands in the database, as the model has it. */
export function toUser(row: UserRow): User {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    avatarUrl: row.avatar_url,
    preferences: row.preferences,
    revision: row.revision,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
