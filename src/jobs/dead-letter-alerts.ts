import type { FastifyBaseLogger } from 'fastify'
import { isUnavailable } from '#plugins/database/unavailable.ts'
import type { DeadLetter } from './dead-letter.ts'
import { ANNOUNCED_AT_ONCE, type DeadLetterStore } from './dead-letter-store.ts'

export interface DeadLetterAlertsOptions {
  store: Pick<DeadLetterStore, 'takeUnannounced'>
  log: FastifyBaseLogger
  /** Told of each that this process tells of. */
  onDeadLetter: (letter: DeadLetter) => void
}

/**
 * Tells of dead letters as they appear: a line in the log at `error`, and a count.
 *
 * They are found in the database rather than where a job fails, for half of them do not fail in a process that could
 * tell: pg-boss gives up a job whose workers died. And each is told of once in the whole fleet, by whoever finds it
 * first: one page for one failure, and counters that add up over all processes. A process that is killed between
 * finding one and writing the line tells nobody; the letter still stands in `/health`, in the list and in the gauge.
 */
export function createDeadLetterAlerts({ store, log, onDeadLetter }: DeadLetterAlertsOptions) {
  return {
    /** Looks for new ones. While the database is away there is nothing to find, and others say so. */
    async look(): Promise<void> {
      let letters = await take()
      while (letters.length > 0) {
        for (const letter of letters) {
          const { id, queue, reason, ...about } = letter
          onDeadLetter(letter)
          log.error({ deadLetter: id, queue, ...about, reason }, 'a job is dead')
        }
        letters = letters.length === ANNOUNCED_AT_ONCE ? await take() : []
      }
    },
  }

  async function take() {
    try {
      return await store.takeUnannounced()
    } catch (error) {
      if (isUnavailable(error)) return []
      throw error
    }
  }
}
