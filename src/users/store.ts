import type { Database } from '#plugins/database.ts'
import { equalJson } from '#plugins/json-patch.ts'
import type { Claims, User } from './user.ts'
import { toUser, type UserRow } from './user-row.ts'

export type UserStore = ReturnType<typeof createUserStore>

/** Every statement about users, but for the one that places their first order. Each is safe to send twice. */
export function createUserStore(database: Database) {
  return {
    /** The user, made of these claims if they are seen for the first time. */
    async findOrMake(id: string, { name, email }: Claims): Promise<User> {
      for (;;) {
        const [row] = await database.query(
          (sql) => sql<{ row: UserRow }[]>`
            with made as (
              insert into users (id, name, email)
              select ${id}, ${name}, ${email} where not exists (select from users where id = ${id})
              on conflict (id) do nothing
              returning *
            )
            select to_jsonb(made) as row from made
            union all
            select to_jsonb(users) as row from users where id = ${id}
          `,
        )
        // None: somebody else made them in this very moment, and the next statement sees it.
        if (row !== undefined) return toUser(row.row)
      }
    },

    /**
     * Writes what a user may change of themselves, if what stands is the revision before it.
     *
     * @returns the user as they stand then; null when another change came first
     */
    async change(user: User): Promise<User | null> {
      let sent = 0
      const [row] = await database.query((sql) => {
        sent += 1
        return sql<{ row: UserRow }[]>`
          update users
          set name = ${user.name}, email = ${user.email}, avatar_url = ${user.avatarUrl},
              preferences = ${JSON.stringify(user.preferences)}::text::jsonb,
              revision = revision + 1, updated_at = ${user.updatedAt}
          where id = ${user.id} and revision = ${user.revision - 1}
          returning to_jsonb(users) as row
        `
      })
      if (row !== undefined) return toUser(row.row)
      if (sent === 1) return null
      // Sent again because the first reply was lost: then it may have been the first that it came too late for.
      const [current] = await database.query(
        (sql) => sql<{ row: UserRow }[]>`select to_jsonb(users) as row from users where id = ${user.id}`,
      )
      return current !== undefined && isSame(toUser(current.row), user) ? toUser(current.row) : null
    },
  }
}

const isSame = (one: User, other: User) => equalJson(comparable(one), comparable(other))

const comparable = (user: User) => ({
  ...user,
  createdAt: user.createdAt.getTime(),
  updatedAt: user.updatedAt.getTime(),
})
