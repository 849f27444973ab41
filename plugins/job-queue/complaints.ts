import type { FastifyBaseLogger } from 'fastify'

/**
 * Nothing tells that a poll has gone well again, but an error that stays away for as long as the rarest of pg-boss's
 * rounds takes is over. One that came back later is news.
 */
export const OVER_AFTER_MS = 60_000

/** What pg-boss adds to an error: each worker has its own words for what befalls all of them. */
const WHOSE = / \(Queue: \S+, Worker: \S+\)$/

/**
 * Says errors of pg-boss, each once until it is over: while the database is away every worker meets the same ones every
 * second, and a few kinds of them by turns.
 *
 * @param now in milliseconds
 */
export function createComplaints(log: Pick<FastifyBaseLogger, 'warn'>, now = () => performance.now()) {
  const heardAt = new Map<string, number>()

  return (thrown: unknown, message: string): void => {
    const err = asError(thrown)
    const time = now()
    for (const [kind, at] of heardAt) if (time - at >= OVER_AFTER_MS) heardAt.delete(kind)
    const kind = `${message}: ${err.message.replace(WHOSE, '')}`
    const isNews = !heardAt.has(kind)
    heardAt.set(kind, time)
    if (isNews) log.warn({ err }, message)
  }
}

/** Some of its errors are plain objects with an error's members. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : Object.assign(new Error(), thrown)
}
