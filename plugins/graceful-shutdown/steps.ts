import type { FastifyBaseLogger } from 'fastify'
import { within } from '../within.ts'

/** One thing to close. */
export interface ShutdownStep {
  readonly name: string
  close(): unknown
  /** Told once, where it is not closed when time grows short, also before its turn: end what is under way. */
  hurry?(): void
  /** What exactly it is waiting for, for the log when it hangs. */
  describe?(): readonly string[]
}

/** A step begun after patience ended still gets a moment, or what closes at once would count as hung. */
const SHORTEST_PATIENCE_MS = 100

/**
 * Closes one after the other. One that throws does not keep the others from being closed; one that is not done when
 * patience ends is left behind, so that the ones after it still get their turn before the process has to go.
 */
export function runSteps(steps: readonly ShutdownStep[], log: Pick<FastifyBaseLogger, 'error' | 'info'>) {
  const open = new Set(steps)

  return {
    /** What is not closed yet, the one that hangs first. */
    unfinished: (): string[] => [...open].map(described),

    hurry(): void {
      for (const step of open) step.hurry?.()
    },

    /**
     * True if every step closed, without an error and in time. False when one failed; when one hangs it does not
     * resolve, and whoever called has a deadline.
     * @param patienceEndsAt by `performance.now()`
     */
    async run(patienceEndsAt: number): Promise<boolean> {
      let failed = false
      const left: Promise<void>[] = []
      for (const step of steps) {
        const closing = closeStep(step).then(
          () => void open.delete(step),
          (error: unknown) => {
            failed = true
            open.delete(step)
            log.error({ err: error, step: step.name }, 'could not be closed')
          },
        )
        const patienceMs = Math.max(SHORTEST_PATIENCE_MS, patienceEndsAt - performance.now())
        const done = await within(
          patienceMs,
          closing.then(() => true),
          () => false,
        )
        if (!done) {
          log.error({ hung: described(step) }, 'does not close, going on without it')
          failed = true
          left.push(closing)
        }
      }
      await Promise.all(left)
      return !failed
    },
  }
}

function described({ name, describe }: ShutdownStep): string {
  const what = describe?.() ?? []
  return what.length === 0 ? name : `${name}: ${what.join(', ')}`
}

async function closeStep(step: ShutdownStep): Promise<void> {
  await step.close()
}
