import { setTimeout as pause } from 'node:timers/promises'

export interface ReachabilityOptions {
  /** Asks the database something that it can always answer. */
  ask: () => Promise<unknown>
  /** Called after each question that was not answered. */
  unanswered: () => void
  /** Called with what the last who asked came to. */
  onLost: (reason: unknown) => void
  onFound: () => void
}

/** So soon is a database that came back used again; one connection that is tried so often is no load. */
const ASK_EVERY_MS = 250
/** Longer than a connection may take to open. */
const PATIENCE_MS = 3_500

/**
 * Whether the database is known to be away. Once it is, nobody needs to wait to be told so: one question after the
 * other is asked in the background, and the first answer ends it.
 */
export function createReachability({ ask, unanswered, onLost, onFound }: ReachabilityOptions) {
  let away = false
  let closed = false
  let answeredAt = 0
  let answers = 0

  function answered(): void {
    answeredAt = performance.now()
    answers += 1
  }

  async function askUntilAnswered(): Promise<void> {
    while (!closed) {
      if (await isAnswered()) return
      if (closed) return
      unanswered()
      await pause(ASK_EVERY_MS, undefined, { ref: false })
    }
  }

  async function isAnswered(): Promise<boolean> {
    const patience = new AbortController()
    const tooLong = pause(PATIENCE_MS, false, { signal: patience.signal, ref: false }).catch(() => false)
    const answered = await Promise.race([
      ask()
        .then(() => true)
        .catch(() => false),
      tooLong,
    ])
    patience.abort()
    return answered
  }

  return {
    isAway: () => away,
    /** A statement was answered. */
    answered,
    answers: () => answers,
    /** Whether any was since then, by `performance.now()`, as no clock that is set back may make it later. */
    answeredSince: (time: number) => answeredAt > time,

    /** Nothing is answered any more. */
    async lost(reason: unknown): Promise<void> {
      if (away || closed) return
      away = true
      onLost(reason)
      await askUntilAnswered()
      if (closed) return
      away = false
      answered()
      onFound()
    },

    close(): void {
      closed = true
    },
  }
}
