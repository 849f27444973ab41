import { readFileSync } from 'node:fs'
import fp from 'fastify-plugin'

export interface ConnectionLimitOptions {
  /** The part, from 0 to 1, that connections of this listener may take of the descriptors that the process may open. */
  share: number
  /** Told of each connection that is refused. */
  onRefused?: () => void
}

/** None was refused for as long: that one is again is news. */
const OVER_AFTER_MS = 60_000

/**
 * Closes connections at once that are more than a listener may have. Whoever opens some and says nothing would otherwise
 * take the last descriptor, and with it the database's, the dependencies' and everybody else's.
 *
 * Nothing is bounded where the process cannot read what it may open, which is anywhere but on Linux.
 */
export const connectionLimit = fp<ConnectionLimitOptions>(
  async (app, { share, onRefused }) => {
    const descriptors = maxOpenFiles()
    if (descriptors === undefined) return
    const limit = Math.floor(descriptors * share)
    let refusedAt = Number.NEGATIVE_INFINITY

    app.server.maxConnections = limit
    app.server.on('drop', () => {
      const now = performance.now()
      const isNews = now - refusedAt >= OVER_AFTER_MS
      refusedAt = now
      onRefused?.()
      if (isNews) app.log.warn({ limit }, 'connections are refused: as many are open as may be')
    })
  },
  { name: 'connection-limit', fastify: '5.x' },
)

/** Node has no way to ask for it that does not also gather a whole report. */
function maxOpenFiles(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
