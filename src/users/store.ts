import type { Database } from '#plugins/database.ts'

export type UserStore = ReturnType<typeof createUserStore>

/** Every statement about users. They are made when they first order, in the statement that places it. */
export function createUserStore(database: Database) {
  return {
    /** Where a user wants mail; null where nobody knows. */
    async emailOf(id: string): Promise<string | null> {
      const [row] = await database.query(
        (sql) => sql<{ email: string | null }[]>`select email from users where id = ${id}`,
      )
      return row?.email ?? null
    },
  }
}
