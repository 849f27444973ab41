import { Client, type ClientConfig } from 'pg'
import { SESSION } from './session.ts'
import { connectionOf } from './tls.ts'

declare module 'pg' {
  interface Client {
    /** What it says of itself to the server before all else. */
    getStartupConf(): Record<string, string>
  }
}

/** What `pg` and its pools need: each client asks for the `postgres://` URL, of one host, as it is made. */
export function clientFor(databaseUrl: () => string) {
  class CurrentHost extends Client {
    constructor(config?: ClientConfig) {
      super({ ...config, ...connectionOf(databaseUrl()) })
    }

    override getStartupConf() {
      return { ...super.getStartupConf(), ...SESSION }
    }
  }
  return { Client: CurrentHost }
}
