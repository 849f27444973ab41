/** Everything a policy knows of time, so that a test can hold the clock. */
export interface Time {
  /** Milliseconds since the epoch that never run backwards. */
  now(): number
  /** Calls back once after so many milliseconds. @returns what takes the call back */
  after(ms: number, callback: () => void): () => void
}

/** The process's own. Wall clocks are set back by NTP; a deadline measured on one would come late. */
export const processTime: Time = {
  now: () => performance.timeOrigin + performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/**
 * Waits, or rejects with the signal's reason as soon as it is aborted.
 */
export function sleep(time: Time, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const onAbort = () => {
      cancel()
      reject(signal.reason)
    }
    const cancel = time.after(ms, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
