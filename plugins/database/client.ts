import { Client, type ClientConfig } from 'pg'
import { SESSION, SESSION_UNPOOLED } from './session.ts'
import { connectionOf } from './tls.ts'
import { missingInPooler } from './unavailable.ts'

declare module 'pg' {
  interface Client {
    /** What it says of itself to the server before all else. */
    getStartupConf(): Record<string, string>
  }
}

/**
 * What `pg` and its pools need: each client asks for the `postgres://` URL, of one host, as it is made. The first that a
 * pooler turns away for what it asks is lost; those made after it go on without.
 */
export function clientFor(databaseUrl: () => string) {
  let startupParameters = true

  class CurrentHost extends Client {
    /** What its own reading of the URL would replace. */
    readonly #read: { database?: string }

    constructor(config?: ClientConfig) {
      const { connectionString, ssl, database } = connectionOf(databaseUrl())
      super({ ...config, connectionString, ssl })
      this.#read = database === undefined ? {} : { database }
      this.connection.on('errorMessage', (error: unknown) => {
        if (missingInPooler(error) === 'startupParameters') startupParameters = false
      })
    }

    override getStartupConf() {
      return {
        ...super.getStartupConf(),
        ...this.#read,
        ...SESSION,
        ...(startupParameters && SESSION_UNPOOLED),
      }
    }
  }
  return { Client: CurrentHost }
}
