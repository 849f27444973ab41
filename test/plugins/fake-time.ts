import type { Time } from '#plugins/circuit-breakers.ts'

interface Timer {
  at: number
  callback: () => void
}

/** A clock that only moves when a test says so, and then calls what is due in its order. */
export function createFakeTime() {
  const timers = new Set<Timer>()
  let now = Date.UTC(2026, 0, 1)

  const time: Time = {
    now: () => now,
    after(ms, callback) {
      const timer = { at: now + ms, callback }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }

  return {
    ...time,
    /** Timers that still stand: one left after a call would be a leak. */
    pending: () => timers.size,
    /** Milliseconds until each timer, soonest first. */
    due: () => [...timers].map(({ at }) => at - now).sort((a, b) => a - b),
    async advance(ms: number): Promise<void> {
      const until = now + ms
      await settle()
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        timers.delete(next)
        now = next.at
        next.callback()
        await settle()
      }
      now = until
    },
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
