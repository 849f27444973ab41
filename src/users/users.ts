import fp from 'fastify-plugin'
import type { UserStore } from './store.ts'
import { type UserVersions, userVersions } from './versions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the user routes work with. */
    users: Users
  }
}

export interface UsersOptions {
  store: UserStore
  /** The forms users are written in; those of this release if left out. */
  versions?: UserVersions
  /** The clock; the system's if left out. */
  now?: () => Date
}

type Users = ReturnType<typeof createUsers>

function createUsers({ store, versions = userVersions, now = () => new Date() }: UsersOptions) {
  return { store, versions, now }
}

/** Hands the user room to its routes. */
export const users = fp<UsersOptions>(
  async (app, options) => {
    app.decorate('users', createUsers(options))
  },
  { name: 'users', fastify: '5.x' },
)
