export type Admission = ReturnType<typeof createAdmission>

export interface AdmissionOptions {
  /** How many may be inside at once. */
  permits: number
  /** How many may wait; one more is refused at once. */
  waiters: number
  /** How long one may wait, in milliseconds. */
  timeoutMs: number
  /** The error for who is turned away. @param why for the log */
  refuse: (why: string) => Error
}

interface Waiter {
  admit: () => void
  timer: NodeJS.Timeout
}

/**
 * A bounded queue in front of what can only do so much at once. Without an end and a clock every caller would wait
 * for ever under overload; here each is admitted or refused within the timeout, in order of arrival.
 */
export function createAdmission({ permits, waiters: most, timeoutMs, refuse }: AdmissionOptions) {
  const waiters = new Set<Waiter>()
  let inside = 0
  let refused = 0

  const release = () => {
    const [next] = waiters
    if (next === undefined) {
      inside--
      return
    }
    waiters.delete(next)
    clearTimeout(next.timer)
    next.admit()
  }

  return {
    /**
     * @returns the permit's release, to be called exactly once
     * @throws what `refuse` makes, when the queue is full or the wait was too long
     */
    async enter(): Promise<() => void> {
      if (inside < permits) {
        inside++
        return release
      }
      if (waiters.size >= most) {
        refused++
        throw refuse(`${most} are waiting already`)
      }
      return await new Promise<() => void>((resolve, reject) => {
        const waiter: Waiter = {
          admit: () => resolve(release),
          timer: setTimeout(() => {
            waiters.delete(waiter)
            refused++
            reject(refuse(`not admitted within ${timeoutMs} ms`))
          }, timeoutMs),
        }
        waiters.add(waiter)
      })
    },
    isFull: () => waiters.size >= most,
    busy: () => inside,
    waiting: () => waiters.size,
    /** How many were turned away since the process began. */
    refused: () => refused,
  }
}
