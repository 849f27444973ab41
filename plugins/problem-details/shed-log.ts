import type { FastifyBaseLogger } from 'fastify'
import type { Problem } from './problem.ts'

/** What stands for all refusals of a second after the first of them. */
const EVERY_MS = 1_000

/**
 * Logs refusals of the service as a whole, which come by the thousand when they come, and say nothing new after the first:
 * that one at once, with the error beneath it if there is one, and of those that follow within a second for the same
 * reason how many there were. A line for each, let alone a stack, would take more time than the refusal. Which requests
 * they were, the log of requests tells.
 */
export function createShedLog(log: FastifyBaseLogger) {
  const seconds = new Map<string, { slug: string; reason: object; more: number; timer: NodeJS.Timeout }>()

  const end = (key: string) => {
    const second = seconds.get(key)
    if (second === undefined) return
    const { slug, reason, more, timer } = second
    clearTimeout(timer)
    seconds.delete(key)
    if (more > 0) log.warn({ more, ...reason }, slug)
  }

  return {
    /** @param of the request that was refused */
    refused(of: FastifyBaseLogger, problem: Problem): void {
      const { slug, cause } = problem
      const why = cause instanceof Error ? cause.message : cause
      const key = `${slug} ${why}`
      const second = seconds.get(key)
      if (second !== undefined) {
        second.more++
        return
      }
      const reason = typeof why === 'string' ? { reason: why } : {}
      seconds.set(key, { slug, reason, more: 0, timer: setTimeout(end, EVERY_MS, key).unref() })
      if (cause instanceof Error) of.error({ err: problem }, slug)
      else of.warn(reason, slug)
    },

    /** Logs what was not logged yet. */
    close(): void {
      for (const key of [...seconds.keys()]) end(key)
    },
  }
}
