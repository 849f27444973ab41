import type { Time } from './time.ts'

/** One attempt took longer than an attempt may. Whether the dependency did the work is not known. */
export class AttemptTimedOut extends Error {
  override readonly name = 'AttemptTimedOut'

  constructor(ms: number) {
    super(`no answer within ${Math.round(ms)} ms`)
  }
}

export interface AttemptLimits {
  /** Left out, the attempt may take what is left of the call. */
  timeoutMs: number | undefined
  /** The end of the whole call. */
  end: AbortSignal
  time: Time
}

/**
 * Makes one attempt under a signal of its own, and settles no later than its timeout or the end of the call,
 * also where the attempt is deaf to its signal. A signal shared between calls would end its neighbours with it.
 *
 * @throws AttemptTimedOut, or the end's reason, or what the attempt throws
 */
export function makeAttempt<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, end, time }: AttemptLimits,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const controller = new AbortController()
    const giveUp = (reason: unknown) => {
      settle(() => reject(reason))
      controller.abort(reason)
    }
    const onEnd = () => giveUp(end.reason)
    const cancel =
      timeoutMs === undefined
        ? undefined
        : time.after(timeoutMs, () => giveUp(new AttemptTimedOut(timeoutMs)))
    const settle = (outcome: () => void) => {
      cancel?.()
      end.removeEventListener('abort', onEnd)
      outcome()
    }
    end.addEventListener('abort', onEnd, { once: true })
    Promise.try(attempt, controller.signal).then(
      (answer) => settle(() => resolve(answer)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}
