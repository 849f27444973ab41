import type { FastifyBaseLogger } from 'fastify'

/** What stands for all refusals of a second after the first of them. */
const EVERY_MS = 1_000

/**
 * Logs refusals that come by the thousand when they come, and say nothing new after the first: that one at once, and
 * of those that follow within a second how many there were. A line for each would take as much time as the refusal.
 * Which requests they were, the log of requests tells.
 */
export function createShedLog(log: FastifyBaseLogger) {
  const seconds = new Map<string, { more: number; timer: NodeJS.Timeout }>()

  const end = (slug: string) => {
    const { more = 0, timer } = seconds.get(slug) ?? {}
    clearTimeout(timer)
    seconds.delete(slug)
    if (more > 0) log.warn({ more }, slug)
  }

  return {
    /** @param of the request that was refused */
    refused(of: FastifyBaseLogger, slug: string, reason: unknown): void {
      const second = seconds.get(slug)
      if (second !== undefined) {
        second.more++
        return
      }
      seconds.set(slug, { more: 0, timer: setTimeout(end, EVERY_MS, slug).unref() })
      of.warn(typeof reason === 'string' ? { reason } : {}, slug)
    },

    /** Logs what was not logged yet. */
    close(): void {
      for (const slug of [...seconds.keys()]) end(slug)
    },
  }
}
