import { within } from '#plugins/within.ts'

export interface ReadingOptions<T> {
  read: () => Promise<T>
  /** What stands before the first reading. */
  initial: T
  /** How long what was read is given again, in milliseconds; of one that failed only the time that it took is known. */
  freshMs: (tookMs: number, value?: T) => number
  /** What somebody waits for a new one, in milliseconds, before being given the last one. */
  patienceMs: number
  /** Told of a reading that failed, once until its error changes. */
  onError: (error: unknown) => void
}

/**
 * Something that costs a statement to know, shared by everybody who wants to know it: never two readings at once, none
 * that nobody waits for, and where one fails or takes long, the last one stands. Never rejects.
 */
export function createReading<T>(options: ReadingOptions<T>): () => Promise<T> {
  const { read, freshMs, patienceMs, onError } = options
  let value = options.initial
  let freshUntil = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined
  let complaint: string | undefined

  async function renew(): Promise<void> {
    const beganAt = performance.now()
    let found: T | undefined
    try {
      found = await read()
      value = found
      complaint = undefined
    } catch (error) {
      if (complaint !== String(error)) onError(error)
      complaint = String(error)
    }
    const endedAt = performance.now()
    freshUntil = endedAt + freshMs(endedAt - beganAt, found)
    underWay = undefined
  }

  return async () => {
    if (performance.now() >= freshUntil) {
      underWay ??= renew()
      await within(patienceMs, underWay, () => {})
    }
    return value
  }
}
