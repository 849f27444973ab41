import { setTimeout as pause } from 'node:timers/promises'
import { createRandom } from '../../sandbox/random.ts'

/** What goes wrong with one call. "After" means that the work was done, and the caller never hears of it. */
export type Fault =
  | { kind: 'none' }
  | { kind: 'error'; work: boolean }
  | { kind: 'drop'; work: boolean }
  | { kind: 'slow'; beforeMs: number; afterMs: number }
  | { kind: 'rate-limited' }

export type Faults = ReturnType<typeof createFaults>

/** The weather around a dependency, decided by the seed alone; it lives outside of every process that is killed. */
export function createFaults(seed: number, dependency: string, { slowMs }: { slowMs: number }) {
  const random = createRandom(seed, dependency)
  let rate = 0
  return {
    /** From now on this share of calls goes wrong; 0 is fair weather. */
    set(share: number) {
      rate = share
    },

    next(): Fault {
      if (random() >= rate) return { kind: 'none' }
      const which = random()
      const work = random() < 0.6
      if (which < 0.25) return { kind: 'error', work }
      if (which < 0.55) return { kind: 'drop', work }
      if (which < 0.85) return { kind: 'slow', beforeMs: slowMs * random(), afterMs: slowMs * random() }
      return { kind: 'rate-limited' }
    },
  }
}

/** What becomes of a call under a fault: an answer of the work's own, another status, or a dropped connection. */
export type Outcome<Answer> =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'status'; status: 500 | 429 }
  | { kind: 'drop' }

/** Does the work, or not, or slowly, as the fault has it. */
export async function under<Answer>(
  fault: Fault,
  work: () => Answer | Promise<Answer>,
): Promise<Outcome<Answer>> {
  switch (fault.kind) {
    case 'rate-limited':
      return { kind: 'status', status: 429 }
    case 'error':
      if (fault.work) await work()
      return { kind: 'status', status: 500 }
    case 'drop':
      if (fault.work) await work()
      return { kind: 'drop' }
    case 'slow': {
      await pause(fault.beforeMs)
      const answer = await work()
      await pause(fault.afterMs)
      return { kind: 'answer', answer }
    }
    case 'none':
      return { kind: 'answer', answer: await work() }
  }
}
