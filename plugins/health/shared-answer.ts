import { within } from '../within.ts'

export interface SharedAnswerOptions<T> {
  ask: () => T | Promise<T>
  /** What to answer when `ask` threw, or (without an error) took too long. */
  otherwise: (error?: { readonly cause: unknown }) => T
  /** Milliseconds an answer may take. */
  timeoutMs: number
  /** Milliseconds an answer is given again. */
  shareMs: number
}

/** Of questions that nobody answers, this many timeouts pass before another one is sent after them. */
const ABANDON_AFTER_TIMEOUTS = 3

/**
 * A question that is cheap to repeat: one flight at a time, its answer shared for a moment, and nobody waits longer
 * than the timeout. While a flight hangs it is not followed by another for a few timeouts, or probes would pile up
 * on the very thing that is already in trouble.
 */
export function shareAnswer<T>(options: SharedAnswerOptions<T>): () => Promise<T> {
  const { ask, otherwise, timeoutMs, shareMs } = options
  let flight: { startedAt: number; answer: Promise<T> } | undefined
  let shared: { until: number; value: T } | undefined

  function launch(): Promise<T> {
    const startedAt = performance.now()
    const asked = settled(ask, otherwise).then((value) => {
      // One that comes after it was abandoned has nothing to say any more.
      if (flight === mine) {
        shared = { until: performance.now() + shareMs, value }
        flight = undefined
      }
      return value
    })
    const mine = { startedAt, answer: within(timeoutMs, asked, otherwise) }
    flight = mine
    return mine.answer
  }

  return () => {
    const now = performance.now()
    if (shared !== undefined && now < shared.until) return Promise.resolve(shared.value)
    if (flight !== undefined && now < flight.startedAt + timeoutMs * ABANDON_AFTER_TIMEOUTS) {
      return flight.answer
    }
    return launch()
  }
}

async function settled<T>(ask: () => T | Promise<T>, otherwise: SharedAnswerOptions<T>['otherwise']) {
  try {
    return await ask()
  } catch (cause) {
    return otherwise({ cause })
  }
}
