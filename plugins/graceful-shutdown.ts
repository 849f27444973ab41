import fp from 'fastify-plugin'
import type { Shutdown } from './graceful-shutdown/shutdown.ts'

export { createShutdown, type Shutdown } from './graceful-shutdown/shutdown.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Aborted when the process begins to shut down. An answer without an end (server-sent events) ends on it, else
     * it is a request in flight that the shutdown waits for until its time is up.
     */
    shutdownSignal: AbortSignal
    /** How many requests this listener is answering now. */
    requestsInFlight(): number
  }
}

export interface GracefulShutdownOptions {
  /** One for the process; each of its listeners registers this plugin with it. */
  shutdown: Shutdown
}

/**
 * Puts a listener under the process's shutdown: from its beginning every answer says `Connection: close`
 * (RFC 9112 section 9.6), so clients leave by themselves before connections are closed. Register it before whatever
 * may refuse a request, so that refusals say it too.
 *
 * An instance that listens on `localhost` has a second server for `::1`, which Fastify hides and closes by itself;
 * listen on an address.
 */
export const gracefulShutdown = fp<GracefulShutdownOptions>(
  async (app, { shutdown }) => {
    app.decorate('shutdownSignal', shutdown.signal)
    app.decorate('requestsInFlight', shutdown.track(app.server).inFlight)
  },
  { name: 'graceful-shutdown', fastify: '5.x' },
)
