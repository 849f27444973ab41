import { DatabaseUnavailable } from './unavailable.ts'

export type Admission = ReturnType<typeof createAdmission>

export interface AdmissionOptions {
  /** How many may be inside at once. */
  permits: number
  /** How many may wait; one more is refused at once. */
  waiters: number
  /** How long one may wait, in milliseconds. */
  timeoutMs: number
}

interface Waiter {
  admit: () => void
  timer: NodeJS.Timeout
}

/**
 * A bounded queue in front of the pool. The driver's own queue has no end and no clock, so under overload
 * every caller would wait for ever; here each is admitted or told 503 within the timeout, in order of arrival.
 */
export function createAdmission({ permits, waiters: most, timeoutMs }: AdmissionOptions) {
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
     * @throws DatabaseUnavailable when the queue is full or the wait was too long
     */
    async enter(): Promise<() => void> {
      if (inside < permits) {
        inside++
        return release
      }
      if (waiters.size >= most) {
        refused++
        throw new DatabaseUnavailable('too many callers wait for a connection')
      }
      return await new Promise<() => void>((resolve, reject) => {
        const waiter: Waiter = {
          admit: () => resolve(release),
          timer: setTimeout(() => {
            waiters.delete(waiter)
            refused++
            reject(new DatabaseUnavailable(`no free connection within ${timeoutMs} ms`))
          }, timeoutMs),
        }
        waiters.add(waiter)
      })
    },
    busy: () => inside,
    waiting: () => waiters.size,
    /** How many were turned away since the process began. */
    refused: () => refused,
  }
}
